import { chat } from "./chat";
import { files } from "./files";
import { limits } from "./limits";
import { reasons } from "./reasons";
import { layout } from "./layout";
import { lists } from "./lists";
import { links } from "./links";
import { pages } from "./pages";
import { problems } from "./problems";
import { script } from "./script";
import { settings } from "./settings";
import { titles } from "./titles";
import { transfer } from "./transfer";

/** All texts of the interface. The other languages have the same keys, or don't compile. */
export const en = {
  ...chat,
  ...files,
  ...limits,
  ...reasons,
  ...layout,
  ...links,
  ...lists,
  ...pages,
  ...problems,
  ...script,
  ...settings,
  ...titles,
  ...transfer,
};
