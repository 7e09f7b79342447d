// SPDX-License-Identifier: Apache-2.0
// Reads the help's texts: "# id | title" begins a topic, "## " a heading, "- " an item of a list, and [text](address) is
// a link within the product.

/** Part is a heading, a paragraph, or a list. */
export type Part = { heading: string } | { text: string } | { items: string[] };
/** Topic is one page of help. */
export type Topic = { id: string; title: string; parts: Part[] };

/** topicsOf reads the texts of a language. */
export function topicsOf(source: string): Topic[] {
  const topics: Topic[] = [];
  for (const raw of source.split("\n")) {
    const line = raw.trim();
    const topic = topics.at(-1);
    if (line.startsWith("# ")) {
      const [id = "", title = ""] = line.slice(2).split("|").map((s) => s.trim());
      topics.push({ id, title, parts: [] });
    } else if (!line || !topic) continue;
    else if (line.startsWith("## ")) topic.parts.push({ heading: line.slice(3) });
    else if (line.startsWith("- ")) {
      const last = topic.parts.at(-1);
      if (last && "items" in last) last.items.push(line.slice(2));
      else topic.parts.push({ items: [line.slice(2)] });
    } else topic.parts.push({ text: line });
  }
  return topics;
}
