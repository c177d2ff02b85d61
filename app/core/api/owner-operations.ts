import { empty, none } from "./inputs";
import { operation } from "./operation";

export const ownerOperations = {
  eraseOwner: operation({
    method: "delete",
    path: "/v1/owner",
    tag: "Owner",
    summary: "Deletes all data of the owner permanently",
    params: none,
    query: none,
    body: empty,
    status: 204,
    answer: empty,
    errors: [],
    repeatable: "always",
  }),
};
