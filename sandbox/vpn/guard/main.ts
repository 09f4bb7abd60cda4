/** Removes the namespaces, processes and files of a VPN emulator that was killed: `main.ts PREFIX FOLDER`. */
import { removeLeftovers, stackRecordSchema } from '../stack-record.ts';

const [prefix, folder] = process.argv.slice(2);

await removeLeftovers(stackRecordSchema.parse({ prefix, folder, sessionIds: [] }));
