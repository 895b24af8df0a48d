import { isObject, type Problems } from '../order.ts'

type Check = (value: unknown) => string | undefined

/** OpenAPI v1, the bodies of POST and PATCH of a version. */
const checks: Readonly<Record<string, Check>> = {
  name: text(1, 64),
  is_active: flag,
  req_cpu: integer(100),
  req_memory: integer(100),
  req_video: integer(0),
  docker_repository: text(1),
  docker_image: imageName,
  docker_tag: text(1, 128),
  private_username: text(0),
  private_token: text(0),
  verify_image: flag,
  force_cache: flag,
  time_to_deploy: integer(15),
  max_duration: integer(-1, 1440),
  restart_policy: oneOf('always', 'never', 'on_failure'),
  termination_grace_period_seconds: integer(5, 3600),
  will_deploy_in_mainland_china: flag,
  dns_config: text(0),
  endpoint_storage: text(0),
  ports: listOf(portProblem),
  envs: listOf(variableProblem),
}

/** Fields that live replies have and the OpenAPI has not; what they may hold is not known. */
const undocumented = ['command', 'arguments', 'session_config', 'inject_context_env']
const furtherUndocumented = ['enable_all_locations', 'whitelisting_active']
const tolerated = new Set([...undocumented, ...furtherUndocumented])

const required = ['name', 'docker_repository', 'docker_image', 'docker_tag', 'req_cpu']

/** Every problem of the body of a POST. */
export function createProblems(body: unknown): Problems {
  if (!isObject(body)) return { body: 'must be a JSON object' }
  const problems = fieldProblems(body)
  for (const field of [...required, 'req_memory']) {
    if (body[field] === undefined) problems[field] = 'is required'
  }
  return { ...problems, ...memoryProblem(body.req_cpu, body.req_memory) }
}

/** Every problem of the body of a PATCH. */
export function patchProblems(body: unknown, resources: 'together' | 'never'): Problems {
  if (!isObject(body)) return { body: 'must be a JSON object' }
  const problems = fieldProblems(body)
  const given = ['req_cpu', 'req_memory', 'req_video'].filter((field) => body[field] !== undefined)
  const isPair = given.includes('req_cpu') && given.includes('req_memory')
  if (given.length > 0 && (resources === 'never' || !isPair)) {
    for (const field of given) {
      problems[field] = isPair ? 'cannot be changed' : 'cannot be changed without the other'
    }
  }
  return { ...problems, ...memoryProblem(body.req_cpu, body.req_memory) }
}

function fieldProblems(body: Record<string, unknown>): Problems {
  const problems: Problems = {}
  for (const [field, value] of Object.entries(body)) {
    if (tolerated.has(field)) continue
    const check = Object.hasOwn(checks, field) ? checks[field] : undefined
    const problem = check === undefined ? 'unknown field' : check(value)
    if (problem !== undefined) problems[field] = problem
  }
  return problems
}

function memoryProblem(cpu: unknown, memory: unknown): Problems {
  const isTooMuch = typeof cpu === 'number' && typeof memory === 'number' && memory > 2 * cpu
  return isTooMuch ? { req_memory: 'must be at most twice req_cpu' } : {}
}

function text(minLength: number, maxLength = Number.POSITIVE_INFINITY): Check {
  return (value) => {
    if (typeof value !== 'string') return 'must be a string'
    const isFitting = value.length >= minLength && value.length <= maxLength
    return isFitting ? undefined : `must have ${minLength} to ${maxLength} characters`
  }
}

function integer(minimum: number, maximum = Number.POSITIVE_INFINITY): Check {
  return (value) => {
    const isFitting = Number.isInteger(value) && Number(value) >= minimum
    const isRight = isFitting && Number(value) <= maximum
    return isRight ? undefined : `must be an integer from ${minimum} to ${maximum}`
  }
}

function flag(value: unknown): string | undefined {
  return typeof value === 'boolean' ? undefined : 'must be a boolean'
}

function oneOf(...allowed: string[]): Check {
  return (value) => (allowed.includes(String(value)) ? undefined : `must be ${allowed.join(', ')}`)
}

function listOf(check: Check): Check {
  return (value) => {
    if (!Array.isArray(value)) return 'must be an array'
    const problems = value.map((item, index) => ({ index, problem: check(item) }))
    const first = problems.find(({ problem }) => problem !== undefined)
    return first && `item ${first.index}: ${first.problem}`
  }
}

/** Host and tag have fields of their own; registries know lower-case names only. */
function imageName(value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return 'must be a non-empty string'
  const [first = ''] = value.split('/')
  const hasHost = value.includes('/') && /[.:]/.test(first)
  if (hasHost) return 'must not hold the registry'
  return /^[a-z0-9._/-]+$/.test(value) ? undefined : 'must be lower case, without a tag'
}

const protocols = ['TCP', 'UDP', 'TCP/UDP', 'HTTP', 'HTTPS', 'WS', 'WSS']

function portProblem(port: unknown): string | undefined {
  if (!isObject(port)) return 'must be an object'
  const number = integer(0, 59_999)(port.port)
  if (number !== undefined) return `port ${number}`
  const protocol = oneOf(...protocols)(port.protocol)
  if (protocol !== undefined) return `protocol ${protocol}`
  if (port.port === 0 && !port.name) return 'port 0 needs a name'
  const isWeb = port.protocol === 'WS' || port.protocol === 'HTTP'
  return port.tls_upgrade === true && !isWeb ? 'tls_upgrade is for WS and HTTP only' : undefined
}

function variableProblem(variable: unknown): string | undefined {
  if (!isObject(variable)) return 'must be an object'
  const { key, value } = variable
  if (typeof key !== 'string' || key === '') return 'key must be a non-empty string'
  if (typeof value !== 'string') return 'value must be a string'
  return Buffer.byteLength(value) > 4096 ? 'value is longer than 4 KB' : undefined
}
