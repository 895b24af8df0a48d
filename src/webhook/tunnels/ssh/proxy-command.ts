/** Where the helper finds the proxy: on a command line every user of the machine could read it. */
export const PROXY_VARIABLE = 'DEPLOY_GAME_SERVER_PROXY'

/**
 * ssh knows no HTTP proxies; it talks through a command instead. This one is a file of its own because
 * a part of the bundle cannot be run by itself, and text because the bundler would rewrite it.
 */
export const PROXY_SCRIPT = `
import * as http from 'node:http'
import * as https from 'node:https'

const [host, port] = process.argv.slice(2)
const target = (host.includes(':') ? '[' + host + ']' : host) + ':' + port
const given = process.env.${PROXY_VARIABLE}
const proxy = new URL(given.includes('://') ? given : 'http://' + given)
const end = (line) => {
  if (line) process.stderr.write(line + '\\n')
  process.exit(line ? 1 : 0)
}
const headers = { host: target }
if (proxy.username) {
  const user = [proxy.username, proxy.password].map(decodeURIComponent).join(':')
  headers['proxy-authorization'] = 'Basic ' + Buffer.from(user).toString('base64')
}
const { request } = proxy.protocol === 'https:' ? https : http
const connect = request({
  host: proxy.hostname.replace(/^\\[|\\]$/g, ''),
  port: proxy.port || (proxy.protocol === 'https:' ? 443 : 80),
  method: 'CONNECT',
  path: target,
  headers,
  agent: false,
  autoSelectFamilyAttemptTimeout: 2000,
  timeout: 10000,
})
connect.on('error', (error) => end('The proxy is not reached: ' + (error.code || error.message)))
connect.on('timeout', () => end('The proxy does not answer'))
connect.on('response', (reply) => end('The proxy answers ' + reply.statusCode))
connect.on('connect', (reply, socket, head) => {
  const isOpen = reply.statusCode >= 200 && reply.statusCode < 300
  if (!isOpen) {
    const mayPass = reply.statusCode >= 500
    return end((mayPass ? 'The proxy fails: ' : 'The proxy answers ') + reply.statusCode)
  }
  socket.setTimeout(0)
  socket.setNoDelay(true)
  for (const stream of [socket, process.stdin, process.stdout]) stream.on('error', () => end())
  socket.on('close', () => end())
  process.stdin.on('end', () => end())
  if (head.length > 0) process.stdout.write(head)
  socket.pipe(process.stdout)
  process.stdin.pipe(socket)
})
connect.end()
`

/**
 * The `ProxyCommand` that runs the helper, for ssh to hand to a shell: quoted for it, and with each
 * `%` doubled, which ssh would expand.
 *
 * @param file the helper, relative to the folder that ssh runs in
 */
export function proxyCommand(file: string, platform = process.platform): string {
  const node =
    platform === 'win32'
      ? `"${process.execPath.replaceAll('\\', '/')}"`
      : `'${process.execPath.replaceAll("'", "'\\''")}'`
  return `${`${node} ${file}`.replaceAll('%', '%%')} %h %p`
}
