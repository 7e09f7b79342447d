// SPDX-License-Identifier: Apache-2.0
// Files out of drops, pastes and choosers, with the folders they lay in.

export type Chosen = { file: File; path: string[] };

/** pathOf writes a path for the log of an upload. */
export const pathOf = (path: string[]): string => path.join("/");

const junk = /^(\.DS_Store|Thumbs\.db|desktop\.ini|\._.*)$/i;

/** fromInput takes what a chooser gave; files of a chosen folder say where they lay. */
export function fromInput(files: Iterable<File> | null): Chosen[] {
  return [...(files ?? [])].filter((f) => !junk.test(f.name)).map((file) => ({ file, path: file.webkitRelativePath ? file.webkitRelativePath.split("/").slice(0, -1) : [] }));
}

/** fromDrop takes what was dropped, folders with everything below them, and hands it on in parts: ten thousand files begin
 * with the first hundreds. Call it in the event itself: later the data is gone. It tells how many there were. */
export async function fromDrop(data: DataTransfer, found: (files: Chosen[]) => void): Promise<number> {
  const entries = [...data.items].map((i) => (i.kind === "file" ? i.webkitGetAsEntry() : null)).filter((e) => e !== null);
  if (!entries.length) {
    const files = fromInput(data.files);
    if (files.length) found(files);
    return files.length;
  }
  let part: Chosen[] = [], n = 0;
  const give = () => {
    if (part.length) found(part);
    part = [];
  };
  const walk = async (entry: FileSystemEntry, path: string[]): Promise<void> => {
    if (entry.isFile) {
      const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
      if (junk.test(file.name)) return;
      part.push({ file, path });
      n++;
      if (part.length === 250) give();
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject)); // at most 100 a time
      if (!some.length) return;
      for (const e of some) await walk(e, [...path, entry.name]);
    }
  };
  try {
    for (const e of entries) await walk(e, []);
  } finally {
    give(); // what could be read is taken even when a folder could not
  }
  return n;
}
