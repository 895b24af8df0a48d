/**
 * What an input of the core means that is not given, or given empty. action.yml declares the same for
 * people. What differs by provider (`api-url`, `timeout`) is not here; nor are providers' own inputs.
 */
export const DEFAULTS = {
  provider: 'edgegap',
  operation: 'deploy',
  wait: 'auto',
  tunnel: 'auto',
  'ssh-port': '22',
  'ssh-remote-port': '0',
  'settle-time': '0s',
  'probe-timeout': '60s',
  'on-failure': 'stop',
  'stop-after-job': 'false',
  'log-lines': '50',
  'dry-run': 'false',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: an expression of the runner
  'github-token': '${{ github.token }}',
  summary: 'true',
  comment: 'false',
} as const
