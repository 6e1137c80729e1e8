/**
 * Properties draw the same cases each time, so that a change of ours is what turns a test red. WGLAB_SEED=7, or
 * WGLAB_SEED=$RANDOM, looks elsewhere; what it finds becomes an example or a fixed test.
 */
import fc from 'fast-check'

const text = process.env['WGLAB_SEED']
const seed = text === undefined ? 1 : Number(text)
if (!Number.isInteger(seed)) throw new Error(`WGLAB_SEED=${text}: a whole number is wanted`)
fc.configureGlobal({ seed })
