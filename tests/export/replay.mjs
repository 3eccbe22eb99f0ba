// Opens a WACZ file in the engine of ReplayWeb.page and prints as JSON what it sees: pages, signature, replayed pages.
//
//     node replay.mjs FOLDER_OF_NODE_MODULES FILE.wacz
//
// A browser's store is replaced by fake-indexeddb; all else is the engine's own code, as its service worker runs it.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { pathToFileURL } from "node:url";

const [modules, file] = process.argv.slice(2);
console.log = console.warn = () => {};
globalThis.self = globalThis;
globalThis.location = new URL("http://127.0.0.1/");
globalThis.addEventListener ??= () => {};
createRequire(join(modules, "any.js"))("fake-indexeddb/auto");
const { WorkerLoader } = await import(
  pathToFileURL(join(modules, "@webrecorder/wabac/dist/swlib.js"))
);

const loader = new WorkerLoader({ addEventListener() {}, postMessage() {} });
const told = [];
const data = {
  name: "package",
  file: {
    sourceUrl: "file://package.wacz",
    extra: { arrayBuffer: new Uint8Array(readFileSync(file)) },
  },
};
const added = await loader.addCollection(data, (_, message) => told.push(message));
const found = { told: told.filter(Boolean), pages: [], verify: {} };
if (added) {
  const store = added.store;
  for (const page of await store.getAllPages()) {
    const url = page.url;
    const request = new Request(url);
    const timestamp = String(page.timestamp || page.ts);
    const moment = new Date(page.ts).toISOString().replace(/\D/g, "").slice(0, 14);
    const answer = await store.getResource(
      { url, timestamp: moment, request, headers: request.headers, mode: "navigate", destination: "document" },
      "",
      { waitUntil() {} },
      { noRedirect: true },
    );
    let body = "";
    if (answer) {
      // A service worker leaves the content coding to the browser; here we take it off.
      const bytes = await answer.getBuffer();
      const coding = answer.headers.get("content-encoding");
      body = new TextDecoder().decode(coding === "gzip" ? gunzipSync(bytes) : bytes);
    }
    found.pages.push({ url, ts: page.ts, title: page.title, status: answer?.status, body });
  }
  found.verify = { ...(await store.getVerifyInfo()), checks: await store.db.getAll("verification") };
  const text = await store.getTextIndex();
  found.text = text ? await text.text() : "";
}
process.stdout.write(JSON.stringify(found), () => process.exit(0));
