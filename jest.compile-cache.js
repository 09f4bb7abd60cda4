import { resolve } from 'node:path';

// A stack is four processes that load thousands of files. What tests start, and Jest's workers, keep what they have compiled;
// npm ci takes the folder away, and Node takes nothing from it that another version or another text has left.
process.env.NODE_COMPILE_CACHE ??= resolve(import.meta.dirname, 'node_modules', '.cache', 'compiled');
