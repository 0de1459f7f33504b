#!/usr/bin/env node
// `npx login-etl`: does the set-up, then runs the program in the folder it was called from.
import { fileURLToPath } from 'node:url';
import { ensureInstalled, run } from './bootstrap.mjs';

const PROGRAM = fileURLToPath(new URL('program/main.ts', import.meta.url));

await ensureInstalled();
// A long run of start needs less than half the memory, and is as quick: three threads share one arena of malloc, and
// their young generations stay small.
process.env.MALLOC_ARENA_MAX ??= '1';
run('node', ['--disable-warning=ExperimentalWarning', '--max-semi-space-size=2', PROGRAM, ...process.argv.slice(2)]);
