// Scalar's validator tries whether it may compile code. It may not, and need not ask.
globalThis.__zod_globalConfig = { jitless: true };
