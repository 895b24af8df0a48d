import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const CORE = '@actions/core'
const GITHUB = '@actions/github'
const ENDPOINTS = '@octokit/plugin-rest-endpoint-methods'
const UNDICI = 'undici'
/**
 * What ncc takes the format of the bundle from. As a CommonJS module a chunk is loaded at once and
 * without Node's loader for ES modules: the first request leaves about 10 ms earlier.
 */
const COMMONJS = JSON.stringify({ type: 'commonjs' })

/**
 * ncc resolves by the `paths` of this file only, and not by those of one that it extends. Imports stay
 * imports, whatever the folder's package.json says, so that the build leaves out what is unused.
 */
const TSCONFIG = {
  extends: '../tsconfig.json',
  compilerOptions: {
    module: 'ESNext',
    moduleResolution: 'Bundler',
    paths: { '@actions/core/lib/*': ['./node_modules/@actions/core/lib/*'] },
  },
}

/**
 * The sources beside a few packages that are cut to what is used of them, which makes the bundle
 * 0.6 MB smaller. Every other package is found in the folder above.
 *
 * @param root the repository
 * @returns a new folder in the repository, to be removed after the build
 */
export async function stageSources(root: string): Promise<string> {
  const stage = mkdtempSync(join(root, '.build-'))
  cpSync(join(root, 'src'), join(stage, 'src'), { recursive: true })
  writeFileSync(join(stage, 'tsconfig.json'), JSON.stringify(TSCONFIG))
  writeFileSync(join(stage, 'package.json'), COMMONJS)
  for (const name of [CORE, GITHUB, ENDPOINTS, UNDICI]) {
    const from = join(root, 'node_modules', name)
    cpSync(from, join(stage, 'node_modules', name), { recursive: true })
  }
  loadCryptoLate(join(stage, 'node_modules', CORE, 'lib/file-command.js'))
  leaveOutUndici(join(stage, 'node_modules', GITHUB))
  keepHttp1(join(stage, 'node_modules', UNDICI, 'lib'))
  await keepUsedEndpoints(join(stage, 'node_modules', ENDPOINTS), join(root, 'src/github'))
  return stage
}

/**
 * @actions/core needs it only when it writes outputs or state. Loading it at every start would make
 * the refusal of a bad input 4 ms later.
 */
function loadCryptoLate(file: string): void {
  const source = readFileSync(file, 'utf8')
  const late = source
    .replace("import * as crypto from 'crypto';\n", '')
    .replace('crypto.randomUUID()', "process.getBuiltinModule('crypto').randomUUID()")
  if (late.split('crypto').length !== 2) {
    throw new Error(`${file} is not as expected`)
  }
  writeFileSync(file, late)
}

/**
 * @actions/github loads undici's main entry for requests of its own. Ours go out by our HTTP client,
 * so `fetch` is never called, and a `ProxyAgent` is made at import at most and never used.
 */
function leaveOutUndici(folder: string): void {
  const undici = join(folder, 'node_modules/undici')
  mkdirSync(undici, { recursive: true })
  const description = { name: 'undici', version: '0.0.0', type: 'module', main: 'index.js' }
  writeFileSync(join(undici, 'package.json'), JSON.stringify(description))
  writeFileSync(
    join(undici, 'index.js'),
    'export const fetch = globalThis.fetch\nexport class ProxyAgent {}\n',
  )
}

/** In undici's own build for Node this is what leaves the second parser out. */
const HAS_MILO = "typeof esbuildDetection === 'undefined'"

/**
 * Of undici what speaks HTTP/1: its experimental second parser is never switched on, HTTP/2 is
 * switched off (`allowH2`), and no request has a form as its body. Of the first parser there are two
 * builds: every processor that a runner has knows the one for SIMD.
 */
function keepHttp1(lib: string): void {
  const file = join(lib, 'dispatcher/client-h1.js')
  const source = readFileSync(file, 'utf8')
  if (source.split(HAS_MILO).length !== 3) throw new Error(`${file} is not as expected`)
  writeFileSync(file, source.replaceAll(HAS_MILO, 'false'))
  replaceFile(
    join(lib, 'llhttp/llhttp-wasm.js'),
    "module.exports = require('./llhttp_simd-wasm.js')\n",
  )
  const never = "() => { throw new Error('left out of this build') }"
  replaceFile(join(lib, 'dispatcher/client-h2.js'), `module.exports = ${never}\n`)
  replaceFile(join(lib, 'web/fetch/body.js'), `module.exports = { extractBody: ${never} }\n`)
  replaceFile(join(lib, 'web/fetch/formdata.js'), 'module.exports = {}\n')
  const noForm = 'module.exports = { webidl: { is: { FormData: () => false } } }\n'
  replaceFile(join(lib, 'web/webidl/index.js'), noForm)
}

/** @throws Error when there is no such file: then undici has changed */
function replaceFile(file: string, text: string): void {
  readFileSync(file)
  writeFileSync(file, text)
}

type Endpoints = Record<string, Record<string, unknown>>

/** Of GitHub's thousand endpoints those that the sources name. */
async function keepUsedEndpoints(folder: string, sources: string): Promise<void> {
  const file = join(folder, 'dist-src/generated/endpoints.js')
  const all = ((await import(pathToFileURL(file).href)) as { default: Endpoints }).default
  const used: Endpoints = {}
  for (const name of readdirSync(sources).sort()) {
    const text = readFileSync(join(sources, name), 'utf8')
    for (const [, scope = '', method = ''] of text.matchAll(/\brest\.(\w+)\.(\w+)\(/g)) {
      const endpoint = all[scope]?.[method]
      if (endpoint === undefined) throw new Error(`${name}: GitHub has no ${scope}.${method}`)
      used[scope] = { ...used[scope], [method]: endpoint }
    }
  }
  writeFileSync(file, `export default ${JSON.stringify(used)}\n`)
}
