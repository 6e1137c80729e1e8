#!/usr/bin/env node
// `wglab tunnel` alone, for WG_QUICK_USERSPACE_IMPLEMENTATION: it loads a daemon and nothing of the laboratory.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const source = new URL('./tunnel.ts', import.meta.url)
let module
if (existsSync(fileURLToPath(source))) {
  const { register } = await import('tsx/esm/api')
  register()
  module = await import(source.href)
} else {
  module = await import(new URL('../dist/cli/tunnel.js', import.meta.url).href)
}
await module.tunnelMain(process.argv)
