import type { Translation } from "../translation";
import type { en } from "../en";
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

export const de: Translation<typeof en, "de"> = {
  ...chat,
  ...files,
  ...limits,
  ...reasons,
  ...layout,
  ...lists,
  ...pages,
  ...problems,
  ...links,
  ...script,
  ...settings,
  ...titles,
  ...transfer,
};
