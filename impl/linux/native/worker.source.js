// The data plane's worker in a checkout: TypeScript runs as it is. The published package starts dist's worker.js directly.
import { register } from 'tsx/esm/api'

register()
await import(new URL('./worker.ts', import.meta.url).href)
