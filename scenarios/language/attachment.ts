/** The addresses in the short and long forms of an attachment. */
import type { Attachment, Link } from './topology.ts'

/** The addresses with their prefix lengths, as written. */
export function attachmentAddresses(attachment: Attachment): readonly string[] {
  if (typeof attachment === 'string') return [attachment]
  if (Array.isArray(attachment)) return attachment
  const { address } = attachment
  return typeof address === 'string' ? [address] : address
}

/** The links of the long form. */
export function attachmentLinks(attachment: Attachment): readonly Link[] {
  if (typeof attachment === 'string' || Array.isArray(attachment)) return []
  return [attachment.link, attachment.up, attachment.down].filter(link => link !== undefined)
}

/** `10.0.0.2` of `10.0.0.2/24` */
export function withoutPrefix(cidr: string): string {
  return cidr.split('/')[0] ?? cidr
}
