/** Stand-ins for the browser's `FileSystemFileHandle`: as in a worker, and as on the main thread. */
import type { OpfsHandleLike } from "../../src/drivers/opfs.js";

/** What the handles share: the file, and how many accesses are open. */
export interface FakeFile {
  content: Uint8Array<ArrayBuffer>;
  open: number;
}

export function fakeFile(content: Uint8Array = new Uint8Array(0)): FakeFile {
  return { content: new Uint8Array(content), open: 0 };
}

function resized(content: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const next = new Uint8Array(size);
  next.set(content.subarray(0, size));
  return next;
}

function lock(file: FakeFile): void {
  // As the platform does: one access at a time.
  if (file.open > 0) throw new DOMException("the file is in use", "NoModificationAllowedError");
  file.open++;
}

/** In a worker. @param step most bytes that one call moves. */
export function syncHandle(file: FakeFile, step = 50): OpfsHandleLike {
  return {
    kind: "file",
    name: "fake.h5",
    getFile: async () => new Blob([file.content]),
    async createSyncAccessHandle() {
      lock(file);
      return {
        read(buffer, { at }) {
          const part = file.content.subarray(at, at + Math.min(step, buffer.length));
          buffer.set(part);
          return part.length;
        },
        write(buffer, { at }) {
          const part = buffer.subarray(0, step);
          if (at + part.length > file.content.length) file.content = resized(file.content, at + part.length);
          file.content.set(part, at);
          return part.length;
        },
        getSize: () => file.content.length,
        truncate: (size) => {
          file.content = resized(file.content, size);
        },
        flush: () => {},
        close: () => {
          file.open--;
        },
      };
    },
  };
}

/** On the main thread: changes take effect when the stream is closed. */
export function asyncHandle(file: FakeFile): OpfsHandleLike {
  return {
    kind: "file",
    name: "fake.h5",
    getFile: async () => new Blob([file.content]),
    async createWritable({ keepExistingData }) {
      lock(file);
      let staged = keepExistingData ? new Uint8Array(file.content) : new Uint8Array(0);
      let closed = false;
      const check = (): void => {
        if (closed) throw new TypeError("the stream is closed");
      };
      return {
        async write({ position, data }) {
          check();
          if (position + data.length > staged.length) staged = resized(staged, position + data.length);
          staged.set(data, position);
        },
        async truncate(size) {
          check();
          staged = resized(staged, size);
        },
        async close() {
          check();
          closed = true;
          file.content = staged;
          file.open--;
        },
      };
    },
  };
}
