// The worker of a checkout: TypeScript runs as it is. The published package starts dist/cli/worker.js directly.
import { register } from 'tsx/esm/api'

register()
await import(new URL('./worker.ts', import.meta.url).href)
