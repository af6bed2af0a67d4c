import { expect, test } from "vitest";
import { lengthened, listed, renewed } from "../src/chat/headings";

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const talk = (minute: number) => ({ id: `t${minute}`, title: `talk ${minute}`, active_at: at(minute), companion: 1 });
const page = (minutes: number[], more: boolean) => ({ conversations: minutes.map(talk), more });
const ids = (list: { headings: { id: string }[] }) => list.headings.map((one) => one.id);

test("a page goes on where the one before ended", () => {
  const list = lengthened(listed(page([9, 8], true)), page([7, 6], false));
  expect(ids(list)).toEqual(["t9", "t8", "t7", "t6"]);
  expect(list.more).toBe(false);
  expect(list.reached?.id).toBe("t6");
});

test("what came back from below meanwhile stands once, and hides nothing between", () => {
  const list = listed(page([9, 8], true));
  const restored = { ...list, headings: [...list.headings, talk(5)] };
  expect(restored.reached?.id).toBe("t8");
  expect(ids(lengthened(restored, page([7, 6, 5], false))).sort()).toEqual(["t5", "t6", "t7", "t8", "t9"]);
});

test("after a while away the beginning is read anew, and what was read below it stays", () => {
  const list = lengthened(listed(page([9, 8], true)), page([7, 6], true));
  const now = renewed(list, page([10, 9], true));
  expect(ids(now)).toEqual(["t10", "t9", "t8", "t7", "t6"]);
  expect(now.reached?.id).toBe("t6");
});

test("where something may lie between, only the beginning stays", () => {
  const list = lengthened(listed(page([9, 8], true)), page([7, 6], true));
  const now = renewed(list, page([20, 19], true));
  expect(ids(now)).toEqual(["t20", "t19"]);
  expect(now.reached?.id).toBe("t19");
});

test("a list that ends on its first page holds nothing below", () => {
  const list = lengthened(listed(page([9, 8], true)), page([7, 6], false));
  expect(ids(renewed(list, page([9, 8], false)))).toEqual(["t9", "t8"]);
});
