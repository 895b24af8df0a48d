/**
 * True for names and addresses that never leave this machine.
 *
 * @param hostname in lower case, an IPv6 address with or without its brackets
 */
export function isLoopback(hostname: string): boolean {
  return /^(?:localhost|::1|\[::1\]|127(?:\.\d{1,3}){3})$/.test(hostname)
}
