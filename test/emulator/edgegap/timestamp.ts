/** Edgegap writes times with a space, six decimals and no zone. */
export function timestamp(date: Date): string {
  return date.toISOString().replace('T', ' ').replace('Z', '000')
}
