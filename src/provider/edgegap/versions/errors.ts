import { ActionError, type ErrorKind } from '../../../base/errors.ts'
import { parseJson } from '../../json.ts'
import { type EdgegapReply, replyError } from '../client.ts'
import { type Image, showImage } from '../image.ts'
import { readProblem } from '../wire.ts'

const LIMIT_REACHED =
  'The account has as many versions as it may have: let keep-versions delete the oldest, or move one version with version-policy: update.'

/** What is done with an image of a version, for errors. */
export interface ImageContext {
  readonly image: Image
  /** True when cpu or memory is in the request. */
  readonly hasResources?: boolean
  /** True when pull credentials are in the request. */
  readonly hasLogin: boolean
}

/**
 * An error reply about versions. Bodies that are not JSON are not shown: half a version may hold the
 * registry's password.
 */
export function toReplyError(
  reply: EdgegapReply,
  what: string,
  next: Partial<Record<ErrorKind, string>> = {},
): ActionError {
  return replyError(reply, what, messageOf(reply), next)
}

/** A reply to a read that is final and no success. */
export function refusal(
  { application }: { application: string },
  reply: EdgegapReply,
  what: string,
): ActionError {
  return toReplyError(reply, what, {
    'not-found': noApplication(application),
  })
}

/**
 * A reply that refuses to create or to change a version. Edgegap explains with texts that it may
 * reword: they choose the advice here, and decide nothing.
 */
export function writeRefusal(
  { application }: { application: string },
  reply: EdgegapReply,
  what: string,
  context: ImageContext,
): ActionError {
  const message = messageOf(reply)
  if (reply.status === 424 || (reply.status === 400 && isLoginFailure(message))) {
    const { registry, name, tag } = context.image
    return toReplyError(
      reply,
      `${what}: it could not pull the image ${name} with the tag ${tag} from ${registry}`,
      { refused: pullAdvice(context) },
    )
  }
  return toReplyError(reply, what, {
    refused: refusedAdvice(message, context),
    'not-found': noApplication(application),
  })
}

function noApplication(application: string): string {
  return `Check application: this organization has no "${application}". An application is never created by this action.`
}

function isLoginFailure(message: string): boolean {
  return /log ?in|credential/i.test(message)
}

function pullAdvice({ image, hasLogin }: ImageContext): string {
  if (!hasLogin) {
    return `Check that ${showImage(image)} was pushed; unless it is public, give registry-username and registry-password (needed for registry.edgegap.com too).`
  }
  return `Check that ${showImage(image)} was pushed, and that registry-username and registry-password may pull it.`
}

function refusedAdvice(message: string, { hasResources }: ImageContext): string {
  if (/limit/i.test(message)) return LIMIT_REACHED
  if (hasResources) {
    return 'Check the inputs; Edgegap may refuse another cpu or memory for a version that exists: then make a new version with version-from.'
  }
  return 'Check the inputs about the version: Edgegap does not take them as they are.'
}

function messageOf({ text }: EdgegapReply): string {
  return parseJson(text) === undefined ? '' : readProblem(text)
}

/** A reply in a few words, for a warning. */
export function describeReply(reply: EdgegapReply, what: string): string {
  const { message, request } = toReplyError(reply, what)
  return `${message} (${request})`
}

/** What the inputs ask for and what Edgegap has do not fit together. */
export function conflict(what: string, next: string): ActionError {
  return new ActionError({ kind: 'refused', what, next })
}
