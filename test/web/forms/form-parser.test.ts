import { fc } from "../../support/fast-check";
import { FormParser } from "../../../app/web/forms/form-parser";

const parse = (body: Buffer, ends: number[] = []) => {
  const parser = new FormParser();
  let from = 0;
  for (const end of [...ends.toSorted((a, b) => a - b), body.length]) {
    parser.write(body.subarray(from, end));
    from = Math.max(from, end);
  }
  return Object.fromEntries(parser.end());
};

const outcome = (body: Buffer, at?: number[]) => {
  try {
    return parse(body, at);
  } catch (error) {
    return String(error);
  }
};

const text = fc.string({ unit: "grapheme", maxLength: 20 });
const name = text.filter((each) => each !== "" && !/[\r\n]/.test(each));
const ends = fc.array(fc.nat(300), { maxLength: 20 });

it("reads what a browser encodes, wherever the pieces end", () => {
  const fields = fc.dictionary(name, text, { noNullPrototype: true });
  fc.assert(
    fc.property(fields, ends, (form, where) => {
      const body = Buffer.from(new URLSearchParams(form).toString());
      const inside = where.filter((end) => end <= body.length);
      const expected = Object.entries(form).map(([key, value]) => [
        key,
        value.replace(/\r\n?/g, "\n"),
      ]);
      expect(parse(body, inside)).toEqual(Object.fromEntries(expected));
    }),
  );
});

it("gives the same for any bytes in any pieces", () => {
  const bytes = fc.array(
    fc.constantFrom("%", "+", "&", "=", "4", "a", "é", "\r", "\n"),
    { maxLength: 60 },
  );
  fc.assert(
    fc.property(bytes, ends, (all, where) => {
      const body = Buffer.from(all.join(""), "latin1");
      const inside = where.filter((end) => end <= body.length);
      expect(outcome(body, inside)).toEqual(outcome(body));
    }),
  );
});

it.each<[string, Record<string, string>]>([
  ["", {}],
  ["&&", {}],
  ["a", { a: "" }],
  ["a=", { a: "" }],
  ["=x", { "": "x" }],
  ["a=1&a=2", { a: "2" }],
  ["a=1&a=", { a: "1" }],
  ["a=b=c", { a: "b=c" }],
  ["a=%", { a: "%" }],
  ["a=%4", { a: "%4" }],
  ["a=%zz%41", { a: "%zzA" }],
  ["a=1+2%2B3", { a: "1 2+3" }],
  ["a=x%0D%0Ay%0Az%0D", { a: "x\ny\nz\n" }],
  ["a=%0D&b=%0A", { a: "\n", b: "\n" }],
])("reads %j", (body, form) => {
  expect(parse(Buffer.from(body))).toEqual(form);
});

it.each(["a=%FF", "%C3%28=a"])("refuses %j, which is not UTF-8", (body) => {
  expect(() => parse(Buffer.from(body))).toThrow("not valid UTF-8");
});

it("stops at the 265th field", () => {
  const flood = Buffer.from("a&".repeat(264));
  expect(parse(flood)).toEqual({ a: "" });
  const parser = new FormParser();
  parser.write(flood);
  expect(() => parser.write(Buffer.from("a&"))).toThrow("at most 264 fields");
});
