"use strict";exports.id=372,exports.ids=[372],exports.modules={7372:((I,k,l)=>{l.d(k,{sshTransport:()=>Y});var v=l(3561),$=l(4818),M=l(3024),E=l(1455),u=l(6760),P=l(9157),d=l(2481);const f=[{line:/^Host key verification failed/,kind:"refused",say:({host:t})=>`the host key of ${t} is not among ssh-known-hosts`},{line:/^Load key .*: (.+)/,kind:"refused",say:(t,[,e])=>`ssh-key cannot be read (${e}); it must be whole, with its line breaks, and without passphrase`},{line:/Permission denied|Too many authentication failures/,kind:"refused",say:({user:t,host:e})=>`${e} does not let ${t} in with ssh-key (not an authorized key, or it has a passphrase)`},{line:/^Error: remote port forwarding failed for listen port (\d+)/,kind:"unavailable",say:({host:t},[,e])=>e==="0"?`${t} gives no port: check AllowTcpForwarding in its sshd_config, and permitlisten of the key (it rules out a port of the server's choice)`:`${t} does not give port ${e}: it is taken, or forbidden by AllowTcpForwarding in its sshd_config or permitlisten of the key`},{line:/^Unable to negotiate .*: (no matching .+ found)/,kind:"refused",say:({host:t},[,e])=>`ssh client and ${t} have nothing in common: ${e}`},{line:/^The proxy answers (\d+)/,kind:"refused",say:({host:t,port:e},[,s])=>`the proxy answers ${s} to a connection with ${t}:${e}`},{line:/^The proxy (?:fails|is not reached|does not answer).*/,kind:"service",say:({host:t,port:e},[s])=>`no connection with ${t}:${e}: ${s}`},{line:/Bad configuration option: (\S+)|^unknown option/,kind:"unavailable",say:(t,[,e])=>`the ssh client here is too old (${e??"unknown option"})`},{line:/^ssh: Could not resolve hostname/,kind:"service",say:({host:t})=>`the name ${t} cannot be resolved here`}];function T(t,e,s){for(const{line:o,kind:r,say:i}of f)for(const a of e){const c=o.exec(a);if(c)return new d.X(r,i(t,c))}if(s.reason.startsWith("E"))return new d.X("unavailable",`ssh could not be started (${s.reason})`);const n=(e.at(-1)??`ssh ended with ${s.reason}`).replace(/^ssh: |[.\s]+$/g,"");return new d.X("service",`no connection with ${t.host}: ${n}`)}function A(t){return t.some(e=>e.startsWith("Error: remote port forwarding failed"))}const y="DEPLOY_GAME_SERVER_PROXY",S=`
import * as http from 'node:http'
import * as https from 'node:https'

const [host, port] = process.argv.slice(2)
const target = (host.includes(':') ? '[' + host + ']' : host) + ':' + port
const given = process.env.${y}
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
`;function g(t,e=process.platform){return`${`${e==="win32"?`"${process.execPath.replaceAll("\\","/")}"`:`'${process.execPath.replaceAll("'","'\\''")}'`} ${t}`.replaceAll("%","%%")} %h %p`}const x="key",O="known_hosts",b="no_hosts",R="proxy.mjs";async function F(t,e,s){const n=B("ssh",t.environment);if(n===void 0)throw new d.X("unavailable","there is no ssh client on the PATH of this runner");const o=await t.privateFolder(),r=(c,p)=>(0,E.writeFile)((0,u.join)(o,c),p,{mode:384,flag:"wx"});await r(x,U(e.privateKey)),await r(O,U(e.knownHosts)),await r(b,""),process.platform==="win32"&&await D(t,o);const i=(0,P.ib)(t.environment,e.host,e.port);i!==void 0&&await r(R,S);const a=i===void 0?{}:X(t.environment,i);return c=>{const p=L(e,c,t.localPort,s,i!==void 0);let h=()=>{};const _=new Promise(m=>{h=m});c!==0&&h(c);const w=t.spawn(n,p,{cwd:o,environment:a,onLine:m=>{const[,C]=/^Allocated port (\d+) for remote forward/.exec(m)??[];C!==void 0&&h(Number(C))}});return{port:_,ended:N(w,e),stop:()=>w.stop()}}}function L(t,e,s,n,o){const r=["IdentitiesOnly=yes","BatchMode=yes","StrictHostKeyChecking=yes",`UserKnownHostsFile=${O}`,`GlobalKnownHostsFile=${b}`,"ExitOnForwardFailure=yes","ConnectTimeout=10",`ServerAliveInterval=${n.aliveIntervalSeconds}`,`ServerAliveCountMax=${n.aliveCount}`,...o?[`ProxyCommand=${g(R)}`]:[]];return["-F","none","-N","-T","-p",String(t.port),"-i",x,...r.flatMap(i=>["-o",i]),"-R",`127.0.0.1:${e}:127.0.0.1:${s}`,`${t.user}@${t.host}`]}async function N(t,e){const s=await t.ended,n=t.lastLines();return{failure:T(e,n,s),isPortDenied:A(n)}}function X(t,e){const{NODE_EXTRA_CA_CERTS:s}=t;return{[y]:e,...s!==void 0&&{NODE_EXTRA_CA_CERTS:s}}}function U(t){return`${t.replace(/\r\n?/g,`
`).trimEnd()}
`}async function D(t,e){const{SystemRoot:s="C:\\Windows",USERDOMAIN:n,USERNAME:o=""}=t.environment,r=n?`${n}\\${o}`:o,i=(0,u.join)(s,"System32","icacls.exe"),a=[x,"/inheritance:r","/grant:r",`${r}:F`];await t.spawn(i,a,{cwd:e}).ended}function B(t,e){const s=process.platform==="win32"?`${t}.exe`:t;return(e.PATH??e.Path??"").split(u.delimiter).filter(Boolean).map(o=>(0,u.resolve)(o,s)).find(K)}function K(t){try{return(0,M.accessSync)(t,M.constants.X_OK),!0}catch{return!1}}const H=2,W={aliveIntervalSeconds:15,aliveCount:3,standsAfterMs:12e3,retryPauseMs:1e3,restartPausesMs:[500,3e3,1e4],goodAfterMs:6e4,reverifyMs:2e4,latePingMs:15e3};function Y(t,e=W){return async s=>{const n=await F(s,t,e);await new j(s,t,e,n).run()}}class j{#e;#n;#s;#i;#t;#o=!1;constructor(e,s,n,o){this.#e=e,this.#n=s,this.#s=n,this.#i=o,this.#t=s.remotePort}async run(){const{signal:e,clock:s}=this.#e;this.#t!==0&&this.#e.onUrl(this.#r(this.#t));let n=0,o=0;for(;;){const r=await this.#c();if(r===void 0||e.aborted)return;if(this.#o)(r.verifiedForMs??0)>=this.#s.goodAfterMs&&(o=0),await this.#a(r,o),o+=1;else{n+=1;const i=this.#s.retryPauseMs,a=s.nowMs()+i>=this.#e.opensUntilMs;if(r.failure.kind!=="service"||n>=H||a)throw r.failure;this.#e.log(`ssh: ${r.failure.message}; trying once more.`),await s.sleep(i,e)}if(e.aborted)return}}async#a(e,s){const{failure:n}=e;this.#e.onLost(n.message);const o=n.kind==="service"||e.isPortDenied,r=this.#s.restartPausesMs[s];if(!o||r===void 0)throw new d.X(n.kind==="refused"?"refused":"lost",`the tunnel is lost after ${s} restarts: ${n.message}`);const{clock:i,signal:a}=this.#e;await i.sleep(r,a)}async#c(){const{clock:e,signal:s}=this.#e,n=new AbortController,o=AbortSignal.any([s,n.signal]),r=this.#i(this.#t);let i;const a=this.#d(r,o,()=>{i=e.nowMs()});a.catch(()=>{});try{const c=await Promise.race([r.ended,(0,v.eG)(s),a.then(()=>r.ended)]);if(!c)return;const p=i===void 0?void 0:e.nowMs()-i;return{...c,verifiedForMs:p}}finally{n.abort(),await r.stop()}}async#d(e,s,n){const o={...this.#e,signal:s},r=this.#o,{clock:i,opensUntilMs:a}=o,c=i.nowMs(),p=r?c+this.#s.reverifyMs:a,h=await this.#l(e,s);if(!s.aborted)for(this.#t===0&&(this.#t=h,o.onUrl(this.#r(h)));;){try{if(await(0,$.M)(o,this.#r(h),void 0,p),s.aborted)return;this.#o=!0,n(),o.onVerified(),r&&o.onGap();return}catch(_){if(s.aborted)return;const w=_.message,{standsAfterMs:m}=this.#s;this.#n.remotePort===0||i.nowMs()-c>=m?(this.#o=!0,o.onLost(`ssh is up, but ${this.#r(h).host} does not lead here: ${w}`)):o.onLost(w)}await i.sleep(this.#s.latePingMs,s)}}async#l(e,s){const{clock:n,opensUntilMs:o}=this.#e;if(this.#t!==0)return this.#t;const r=n.sleep(o-n.nowMs(),s).then(()=>{}),i=await Promise.race([e.port,r]);if(i!==void 0||s.aborted)return i??0;throw new d.X("timeout",`${this.#n.host} gave no port in time`)}#r(e){const s=new URL(this.#n.publicUrl.replaceAll("{port}",String(e)));return(0,$.v)(s,this.#e.path)}}}),4818:((I,k,l)=>{l.d(k,{M:()=>P,v:()=>u});var v=l(6605),$=l(2481);const M=300,E=2400;function u(d,f){return new URL(d.pathname.replace(/\/+$/,"")+f,d)}async function P(d,f,T,A=d.opensUntilMs){const{clock:y,signal:S}=d;await(0,v.L5)(()=>d.ping(f,T),{clock:y,signal:S,maxAttempts:Number.POSITIVE_INFINITY,pauseMs:(0,v.Bf)(M,E),withinMs:A-y.nowMs(),isFinal:g=>!(g instanceof $.X)||g.kind==="refused"})}})};
