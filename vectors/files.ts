/** START HERE: every vector file, generated. */
import { allowedIpsFile } from './allowedips.ts'
import { cookieFile } from './cookie.ts'
import type { VectorFile } from './file.ts'
import { handshakeFile } from './handshake.ts'
import { keysFile } from './keys.ts'
import { paddingFile } from './padding.ts'
import { replayFile } from './replay.ts'
import { tai64nFile } from './tai64n.ts'

/** All files; each goes to `<topic>.json`. Takes no input: who runs it twice has the same twice. */
export function vectorFiles(): readonly VectorFile[] {
  return [keysFile(), handshakeFile(), cookieFile(), tai64nFile(), paddingFile(), replayFile(), allowedIpsFile()]
}
