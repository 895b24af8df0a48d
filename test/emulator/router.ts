import type { IncomingHttpHeaders } from 'node:http'
import type { Reply } from './delivery.ts'

export interface EmulatorRequest {
  readonly method: string
  /** Without the query. */
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly headers: IncomingHttpHeaders
  /** Parsed JSON, else the text, else (archives and octet streams) the Buffer; or undefined. */
  readonly body: unknown
}

export interface RoutedRequest extends EmulatorRequest {
  readonly params: Readonly<Record<string, string>>
  readonly raw: Buffer
}

export type Handler = (request: RoutedRequest) => Reply | Promise<Reply>
/** Looks at a request before its handler does; a reply ends it there. */
export type Guard = (request: EmulatorRequest) => Reply | undefined

export interface Router {
  /** `pattern` is a path in which `:name` stands for one segment, `:name+` for one or more. */
  route(method: string, pattern: string, handler: Handler): void
  guard(guard: Guard): void
  dispatch(request: EmulatorRequest, raw: Buffer): Promise<Reply>
}

interface Route {
  readonly method: string
  readonly path: RegExp
  readonly handler: Handler
}

export function createRouter(): Router {
  const routes: Route[] = []
  const guards: Guard[] = []
  return {
    route(method, pattern, handler) {
      routes.push({ method, path: compile(pattern), handler })
    },
    guard(guard) {
      guards.push(guard)
    },
    async dispatch(request, raw) {
      for (const guard of guards) {
        const refusal = guard(request)
        if (refusal !== undefined) return refusal
      }
      const onPath = routes.filter((route) => route.path.test(request.path))
      const route = onPath.find(({ method }) => method === request.method)
      if (route === undefined) return noRoute(request, onPath)
      return route.handler({ ...request, raw, params: readParams(route, request.path) })
    },
  }
}

function compile(pattern: string): RegExp {
  const source = pattern
    .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
    .replace(/:(\w+)\\\+/g, '(?<$1>.+)')
    .replace(/:(\w+)/g, '(?<$1>[^/]+)')
  return new RegExp(`^${source}$`)
}

function readParams(route: Route, path: string): Record<string, string> {
  const groups = Object.entries(route.path.exec(path)?.groups ?? {})
  return Object.fromEntries(groups.map(([name, value]) => [name, decode(value)]))
}

function noRoute({ method, path }: EmulatorRequest, onPath: readonly Route[]): Reply {
  const message = `the emulator has no ${method} ${path}`
  return { status: onPath.length > 0 ? 405 : 404, body: { message } }
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
