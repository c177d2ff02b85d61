import type { Translation } from "../translation";
import type { en } from "../en";
import { chat } from "./chat";
import { layout } from "./layout";
import { lists } from "./lists";
import { pages } from "./pages";
import { script } from "./script";
import { transfer } from "./transfer";
import { settings } from "./settings";

export const de: Translation<typeof en, "de"> = {
  ...layout,
  ...chat,
  ...lists,
  ...pages,
  ...script,
  ...transfer,
  ...settings,
};
