import fc from "fast-check";
import { expect, test } from "vitest";
import { CallQueue } from "../../src/model/call-queue.js";

const later = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

test("a read sees every write called before it and none called after, awaited or not", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ write: fc.boolean(), ms: fc.nat(2) }), { maxLength: 12 }), async (calls) => {
      const queue = new CallQueue();
      let value = 0;
      let expected = 0;
      const results: (void | Promise<void>)[] = [];
      for (const { write, ms } of calls) {
        if (write) {
          const next = ++expected;
          results.push(
            queue.exclusive(async () => {
              await later(ms);
              expect(value).toBe(next - 1);
              value = next;
            }),
          );
        } else {
          const seen = expected;
          results.push(
            queue.shared(async () => {
              await later(ms);
              expect(value).toBe(seen);
            }),
          );
        }
      }
      await Promise.all(results);
      await queue.idle();
      expect(value).toBe(expected);
    }),
    { numRuns: 40 },
  );
});

test("a failed call rejects for its caller alone", async () => {
  const queue = new CallQueue();
  const failing = queue.exclusive(async () => {
    throw new Error("lost");
  });
  const following = queue.exclusive(async () => 7);
  await expect(failing).rejects.toThrow("lost");
  await expect(following).resolves.toBe(7);
});

test("reads overlap each other", async () => {
  const queue = new CallQueue();
  let running = 0;
  let most = 0;
  const read = async (): Promise<void> => {
    most = Math.max(most, ++running);
    await later(5);
    running--;
  };
  await queue.exclusive(async () => undefined);
  await Promise.all([queue.shared(read), queue.shared(read), queue.shared(read)]);
  expect(most).toBe(3);
});
