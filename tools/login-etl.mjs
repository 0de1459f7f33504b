#!/usr/bin/env node
// `npx login-etl`: does the set-up, then runs the program in the folder it was called from.
import { fileURLToPath } from 'node:url';
import { ensureInstalled, run } from './bootstrap.mjs';

const PROGRAM = fileURLToPath(new URL('program/main.ts', import.meta.url));

await ensureInstalled();
// With these, a long run of start needs a third of the memory and is as quick: three threads share one arena of malloc, their young
// generations stay small, and an old one is collected when it has doubled (V8 lets a small heap grow to four times).
process.env.MALLOC_ARENA_MAX ??= '1';
const FLAGS = ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2', '--heap-growing-percent=100'];
run('node', [...FLAGS, PROGRAM, ...process.argv.slice(2)]);
