/** What the operating system refuses, in words. */
const WORDS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EEXIST: 'is there already',
  EISDIR: 'is a folder',
  ELOOP: 'symbolic links that lead to themselves',
  ENAMETOOLONG: 'the name is too long',
  ENOENT: 'no such file or folder',
  ENOSPC: 'no space left on the device',
  ENOTDIR: 'a part of the path is not a folder',
  EROFS: 'the file system is read-only',
}

/** `no space left on the device`; what the error itself says where there are no words for it. */
export function systemText(error: unknown): string {
  return WORDS[codeOf(error) ?? ''] ?? (error instanceof Error ? error.message : String(error))
}

export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  return typeof code === 'string' ? code : undefined
}
