#!/usr/bin/env node
// In a checkout the TypeScript sources run as they are; in the published package there is only what tsc made of them.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const source = new URL('./main.ts', import.meta.url)
if (existsSync(fileURLToPath(source))) {
  const { register } = await import('tsx/esm/api')
  register()
  await import(source.href)
} else {
  await import(new URL('../dist/cli/main.js', import.meta.url).href)
}
