import Keygrip from "keygrip";
import { CookieSignatures } from "../../../app/web/sessions/cookie-signatures";

const DATA = "keepsake=abc";

function setUp(keys = ["new", "old"]) {
  const keygrip = new Keygrip(keys, "sha256", "base64");
  const sign = jest.spyOn(keygrip, "sign");
  const signatures = new CookieSignatures(keygrip);
  return { keygrip, signatures, sign };
}

const signedWith = (key: string, data = DATA) =>
  new Keygrip([key], "sha256", "base64").sign(data);

test.each([
  ["the newest key", "new", 0],
  ["an older key", "old", 1],
  ["an unknown key", "other", -1],
])("a signature by %s is told from others each time", (_, key, index) => {
  const { signatures } = setUp();
  const all = ["forged", signedWith(key)];
  for (let time = 0; time < 3; time++)
    expect(signatures.keyOf(DATA, all)).toBe(index);
});

test("a good signature is worked out once", () => {
  const { signatures, sign } = setUp();
  for (let time = 0; time < 3; time++)
    expect(signatures.keyOf(DATA, [signedWith("new")])).toBe(0);
  expect(sign).toHaveBeenCalledTimes(1);
});

test("a remembered signature is good for its own data alone", () => {
  const { signatures } = setUp();
  const signature = signedWith("new");
  expect(signatures.keyOf(DATA, [signature])).toBe(0);
  expect(signatures.keyOf(`${DATA}d`, [signature])).toBe(-1);
  expect(signatures.keyOf("keepsake=ab", [signature])).toBe(-1);
  expect(signatures.keyOf(DATA, [`${signature}x`])).toBe(-1);
});

test("no signature is as bad as a wrong one", () => {
  const { signatures } = setUp();
  expect(signatures.keyOf(DATA, [])).toBe(-1);
});
