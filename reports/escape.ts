/** Text made safe for where it goes. */

/** For XML 1.0 and HTML, in text and in double-quoted attributes. What XML can not hold becomes U+FFFD. */
export function xml(text: string): string {
  let out = ''
  for (const char of text) out += xmlChar(char, char.codePointAt(0) ?? 0)
  return out
}

function xmlChar(char: string, code: number): string {
  switch (char) {
    case '&':
      return '&amp;'
    case '<':
      return '&lt;'
    case '>':
      return '&gt;'
    case '"':
      return '&quot;'
    case '\r':
      return '&#13;'
  }
  if (code === 9 || code === 10 || (code >= 0x20 && code < 0x7f)) return char
  if (code < 0x20 || (code >= 0xd800 && code <= 0xdfff) || code === 0xfffe || code === 0xffff) return '\ufffd'
  return code < 0xa0 ? `&#${code};` : char
}

/** For an XML attribute: as `xml`, and line breaks survive. */
export function xmlAttribute(text: string): string {
  return xml(text).replaceAll('\n', '&#10;').replaceAll('\t', '&#9;')
}

/** One line without control characters: nothing that a terminal, a log or a diagram could take for a command. */
export function plain(text: string): string {
  if (/^[ -~]*$/.test(text)) return text
  let out = ''
  for (const char of text.replace(/\r\n|\n|\r|\t/g, ' ')) {
    const code = char.codePointAt(0) ?? 0
    const control = code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code <= 0xdfff)
    // Marks that reorder what is shown would let a title disguise a verdict.
    const bidi = (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069)
    out += control || bidi || code === 0x2028 || code === 0x2029 ? '\ufffd' : char
  }
  return out
}
