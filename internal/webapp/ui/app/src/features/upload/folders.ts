// SPDX-License-Identifier: Apache-2.0
// Makes the folders that dropped folders need, each once however many files ask for it.

import { get, post, Problem } from "../../api/client";
import type { CreateFolderData, CreateFolderResponse, ListFoldersData, ListFoldersResponse } from "../../api/gen";

export class FolderMaker {
  private made = new Map<string, Promise<string>>();

  /** ensure returns the folder at path below target, made where it is missing. Without both it is the inbox: undefined. */
  async ensure(target: string | undefined, path: string[]): Promise<string | undefined> {
    if (!path.length) return target;
    let at = target ?? (await this.inbox());
    for (let i = 0; i < path.length; i++) {
      const key = at + "/" + path[i]!;
      let next = this.made.get(key);
      if (!next) {
        next = this.child(at, path[i]!);
        this.made.set(key, next);
        next.catch(() => this.made.delete(key));
      }
      at = await next;
    }
    return at;
  }

  private async inbox(): Promise<string> {
    const [root] = (await get<ListFoldersData, ListFoldersResponse>("/api/v1/folders")).items;
    for await (const f of children(root!.id)) if (f.purpose === "inbox") return f.id;
    return root!.id;
  }

  private async child(parent: string, name: string): Promise<string> {
    for (let again = 0; ; again++) {
      for await (const f of children(parent)) if (f.name.normalize("NFC") === name.normalize("NFC")) return f.id;
      try {
        return (await post<CreateFolderData, CreateFolderResponse>("/api/v1/folders", { body: { parent, name } })).id;
      } catch (e) {
        if (!(e instanceof Problem && e.code === "folder.name_taken") || again) throw e; // somebody made it meanwhile: look again
      }
    }
  }
}

async function* children(parent: string) {
  let cursor: string | undefined;
  do {
    const page = await get<ListFoldersData, ListFoldersResponse>("/api/v1/folders", { query: { parent, cursor, limit: 200 } });
    yield* page.items;
    cursor = page.next;
  } while (cursor);
}
