import type { Reply } from '../delivery.ts'
import type { EmulatorRequest } from '../router.ts'

export function badCredentials(): Reply {
  return error(401, 'Bad credentials')
}

export function notFound(): Reply {
  return error(404, 'Not Found')
}

export function invalid(message: string): Reply {
  return error(422, message)
}

export function error(status: number, message: string): Reply {
  return {
    status,
    body: { message, documentation_url: 'https://docs.github.com/rest', status: String(status) },
  }
}

/** One page of a list, with the links that lead to the others. */
export function page(request: EmulatorRequest, url: string, items: readonly unknown[]): Reply {
  const size = Math.min(100, Number(request.query.per_page ?? 30))
  const number = Number(request.query.page ?? 1)
  const last = Math.max(1, Math.ceil(items.length / size))
  const link = (to: number, rel: string) => {
    const query = new URLSearchParams({ ...request.query, page: String(to) })
    return `<${url}${request.path}?${query}>; rel="${rel}"`
  }
  const links = [
    ...(number > 1 ? [link(number - 1, 'prev'), link(1, 'first')] : []),
    ...(number < last ? [link(number + 1, 'next'), link(last, 'last')] : []),
  ]
  return {
    status: 200,
    body: items.slice((number - 1) * size, number * size),
    ...(links.length > 0 && { headers: { link: links.join(', ') } }),
  }
}
