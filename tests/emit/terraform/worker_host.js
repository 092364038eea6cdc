// Runs the worker with bindings that workerd has no configuration for: KV and R2 in memory, D1 on SQLite.
import worker from "worker.js";

class Statement {
  constructor(sql, text, values = []) { Object.assign(this, { sql, text, values }); }
  bind(...values) { return new Statement(this.sql, this.text, values); }
  async all() { return { results: this.sql.exec(this.text, ...this.values).toArray() }; }
  async run() { return this.all(); }
}

export class Host {
  constructor(state) {
    const sql = state.storage.sql;
    const held = new Map();
    this.archive = [];
    this.points = [];
    this.env = {
      SLOT: "green", JOBS: '{"0 * * * *": ["revenue"]}',
      SNAPSHOTS: {
        get: async (key, kind) => (held.has(key) ? (kind === "json" ? JSON.parse(held.get(key)) : held.get(key)) : null),
        put: async (key, value) => void held.set(key, value),
      },
      HISTORY: { prepare: (text) => new Statement(sql, text), batch: async (all) => all.map((each) => each.run()) },
      ARCHIVE: { put: async (key, value) => void this.archive.push([key, value]) },
      USAGE: { writeDataPoint: (point) => this.points.push(point) },
    };
  }
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/-/queue") {
      const messages = (await request.json()).map((body) => ({ body }));
      await worker.queue({ messages, ackAll() {} }, this.env);
      return new Response("kept");
    }
    if (url.pathname === "/-/tick") {
      const asked = [];
      const fetched = globalThis.fetch;
      globalThis.fetch = async (target, options) => {
        asked.push(`${options.method} ${new URL(target).pathname} ${options.headers.authorization}`);
        const path = new URL(target).pathname;
        const body = path === "/api/kpis" ? { kpis: [{ name: "revenue" }] }
          : path.endsWith("/history") ? { values: [{ time: "2025-01-02", value: 7, dimensions: {} }] } : { name: "revenue", time: "2025-01-02", value: 7 };
        return Response.json(body);
      };
      await worker.scheduled({ cron: "0 * * * *" }, { ...this.env, ORIGIN: "https://kpi.example", TOKEN: { get: async () => "t" } });
      globalThis.fetch = fetched;
      return Response.json(asked);
    }
    if (url.pathname === "/-/state") return Response.json({ points: this.points.length, archived: this.archive.length });
    return worker.fetch(request, this.env);
  }
}

export default {
  async fetch(request, env) {
    if (new URL(request.url).pathname === "/-/ready") return new Response("ready");
    try {
      return await env.HOST.get(env.HOST.idFromName("one")).fetch(request);
    } catch (error) {
      return new Response(String(error), { status: 500 });
    }
  },
};
