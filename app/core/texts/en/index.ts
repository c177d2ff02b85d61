import { chat } from "./chat";
import { layout } from "./layout";
import { lists } from "./lists";
import { pages } from "./pages";
import { script } from "./script";
import { settings } from "./settings";
import { transfer } from "./transfer";

/** All texts of the interface. The other languages have the same keys, or don't compile. */
export const en = {
  ...layout,
  ...chat,
  ...lists,
  ...pages,
  ...script,
  ...settings,
  ...transfer,
};
