/** Data that comes piece by piece → blocks of whole rows, of a size that is worth a write. */
import type { NdArray, WriteData } from "../../index.js";
import { NwbError } from "../errors.js";
import { type Description, describe, sameShape } from "./describe.js";
import type { HeldData } from "./held-data.js";

/** Bytes of rows put together to one block. */
const BLOCK_BYTES = 1024 * 1024;
const ELEMENT_BYTES = 8;

/** A block, and what its rows are. */
export interface Block {
  readonly data: WriteData;
  readonly rows: number;
}

/** The blocks of a stream, and what the first one tells of all. */
export interface BlockStream {
  /** Undefined when nothing came. */
  readonly first: (Description & { readonly rowShape: readonly number[] }) | undefined;
  readonly blocks: AsyncIterable<Block>;
}

/** Takes the first piece of a stream to learn its type and shape. */
export async function openBlocks(held: HeldData): Promise<BlockStream> {
  const { content, storage } = held;
  if (content.kind !== "stream") throw new NwbError("is no stream", { code: "state" });
  const iterator = iteratorOf(content.items);
  const start = await iterator.next();
  if (start.done === true) return { first: undefined, blocks: nothing() };
  const described = describe(start.value);
  const rank = storage.maxShape?.length;
  // Items are rows, or blocks of rows; the rank of the whole tells which.
  const areRows = described.shape.length === 0 || (rank === undefined ? content.rows : described.shape.length < rank);
  const rowShape = areRows ? described.shape : described.shape.slice(1);
  const items = chain(start.value, iterator);
  const perBlock = content.bufferSize ?? Math.max(1, Math.floor(BLOCK_BYTES / (ELEMENT_BYTES * size(rowShape))));
  return {
    first: { ...described, rowShape },
    blocks: areRows ? gathered(items, described, perBlock) : passed(items),
  };
}

function iteratorOf(
  items: Iterable<WriteData> | AsyncIterable<WriteData>,
): AsyncIterator<WriteData> | Iterator<WriteData> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}

async function* nothing(): AsyncGenerator<Block> {
  // No block.
}

async function* chain(
  first: WriteData,
  iterator: AsyncIterator<WriteData> | Iterator<WriteData>,
): AsyncGenerator<WriteData> {
  try {
    yield first;
    for (;;) {
      const next = await iterator.next();
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    await iterator.return?.();
  }
}

async function* passed(items: AsyncIterable<WriteData>): AsyncGenerator<Block> {
  for await (const data of items) {
    const [rows = 1] = describe(data).shape;
    yield { data, rows };
  }
}

async function* gathered(items: AsyncIterable<WriteData>, like: Description, perBlock: number): AsyncGenerator<Block> {
  let rows: WriteData[] = [];
  for await (const row of items) {
    if (!sameShape(describe(row).shape, like.shape)) {
      throw new NwbError(
        `a row of the shape [${describe(row).shape.join(", ")}] follows rows of the shape [${like.shape.join(", ")}]`,
        {
          code: "data",
        },
      );
    }
    rows.push(row);
    if (rows.length < perBlock) continue;
    yield joined(rows, like.shape);
    rows = [];
  }
  if (rows.length > 0) yield joined(rows, like.shape);
}

type Typed = Float64Array;

/** Rows as one block: typed arrays as one of their kind. */
function joined(rows: readonly WriteData[], shape: readonly number[]): Block {
  const [first] = rows;
  if (!ArrayBuffer.isView(first) || shape.length !== 1) return { data: rows, rows: rows.length };
  const width = (first as Typed).length;
  const isSame = rows.every((row) => ArrayBuffer.isView(row) && row.constructor === first.constructor);
  if (!isSame) return { data: rows, rows: rows.length };
  // All rows are typed arrays of one kind, checked above.
  const all = new (first.constructor as new (length: number) => Typed)(rows.length * width);
  rows.forEach((row, i) => {
    all.set(row as Typed, i * width);
  });
  const data: NdArray = { data: all, shape: [rows.length, width], stride: [width, 1] };
  return { data, rows: rows.length };
}

function size(shape: readonly number[]): number {
  return Math.max(
    1,
    shape.reduce((product, extent) => product * extent, 1),
  );
}
