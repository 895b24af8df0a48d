/** UTF-8 as text. A byte order mark, which some gateways put in front, is left out: in JSON it is an error. */
export function decode(bytes: Buffer): string {
  const text = bytes.toString('utf8')
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text
}
