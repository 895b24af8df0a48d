const L=363,N=[363],X={1363:((b,c,d)=>{var w;w={value:!0},c.sshTransport=k;const $=d(4031),m=d(3408),T=d(6225),o=d(939),e=2,u={aliveIntervalSeconds:15,aliveCount:3,standsAfterMs:12e3,retryPauseMs:1e3,restartPausesMs:[500,3e3,1e4],goodAfterMs:6e4,reverifyMs:2e4,latePingMs:15e3};function k(y,s=u){return async t=>{const r=await(0,T.prepareSsh)(t,y,s);await new P(t,y,s,r).run()}}class P{#e;#s;#n;#i;#t;#o=!1;constructor(s,t,r,i){this.#e=s,this.#s=t,this.#n=r,this.#i=i,this.#t=t.remotePort}async run(){const{signal:s,clock:t}=this.#e;this.#t!==0&&this.#e.onUrl(this.#r(this.#t));let r=0,i=0;for(;;){const a=await this.#c();if(a===void 0||s.aborted)return;if(this.#o)(a.verifiedForMs??0)>=this.#n.goodAfterMs&&(i=0),await this.#a(a,i),i+=1;else{r+=1;const h=this.#n.retryPauseMs,_=t.nowMs()+h>=this.#e.opensUntilMs;if(a.failure.kind!=="service"||r>=e||_)throw a.failure;this.#e.log(`ssh: ${a.failure.message}; trying once more.`),await t.sleep(h,s)}if(s.aborted)return}}async#a(s,t){const{failure:r}=s;this.#e.onLost(r.message);const i=r.kind==="service"||s.isPortDenied,a=this.#n.restartPausesMs[t];if(!i||a===void 0)throw new o.TunnelFailure(r.kind==="refused"?"refused":"lost",`the tunnel is lost after ${t} restarts: ${r.message}`);const{clock:h,signal:_}=this.#e;await h.sleep(a,_)}async#c(){const{clock:s,signal:t}=this.#e,r=new AbortController,i=AbortSignal.any([t,r.signal]),a=this.#i(this.#t);let h;const _=this.#l(a,i,()=>{h=s.nowMs()});_.catch(()=>{});try{const A=await Promise.race([a.ended,(0,$.whenAborted)(t),_.then(()=>a.ended)]);if(!A)return;const S=h===void 0?void 0:s.nowMs()-h;return{...A,verifiedForMs:S}}finally{r.abort(),await a.stop()}}async#l(s,t,r){const i={...this.#e,signal:t},a=this.#o,{clock:h,opensUntilMs:_}=i,A=h.nowMs(),S=a?A+this.#n.reverifyMs:_,n=await this.#d(s,t);if(!t.aborted)for(this.#t===0&&(this.#t=n,i.onUrl(this.#r(n)));;){try{if(await(0,m.verify)(i,this.#r(n),void 0,S),t.aborted)return;this.#o=!0,r(),i.onVerified(),a&&i.onGap();return}catch(l){if(t.aborted)return;const p=l.message,{standsAfterMs:f}=this.#n;this.#s.remotePort===0||h.nowMs()-A>=f?(this.#o=!0,i.onLost(`ssh is up, but ${this.#r(n).host} does not lead here: ${p}`)):i.onLost(p)}await h.sleep(this.#n.latePingMs,t)}}async#d(s,t){const{clock:r,opensUntilMs:i}=this.#e;if(this.#t!==0)return this.#t;const a=r.sleep(i-r.nowMs(),t).then(()=>{}),h=await Promise.race([s.port,a]);if(h!==void 0||t.aborted)return h??0;throw new o.TunnelFailure("timeout",`${this.#s.host} gave no port in time`)}#r(s){const t=new URL(this.#s.publicUrl.replaceAll("{port}",String(s)));return(0,m.webhookUrl)(t,this.#e.path)}}}),6225:((b,c,d)=>{Object.defineProperty(c,"__esModule",{value:!0}),c.prepareSsh=t;const w=d(3024),$=d(1455),m=d(6760),T=d(1987),o=d(939),e=d(9774),u=d(9612),k="key",P="known_hosts",y="no_hosts",s="proxy.mjs";async function t(n,l,p){const f=A("ssh",n.environment);if(f===void 0)throw new o.TunnelFailure("unavailable","there is no ssh client on the PATH of this runner");const v=await n.privateFolder(),M=(E,R)=>(0,$.writeFile)((0,m.join)(v,E),R,{mode:384,flag:"wx"});await M(k,h(l.privateKey)),await M(P,h(l.knownHosts)),await M(y,""),process.platform==="win32"&&await _(n,v);const g=(0,T.connectProxyFor)(n.environment,l.host,l.port);g!==void 0&&await M(s,u.PROXY_SCRIPT);const O=g===void 0?{}:a(n.environment,g);return E=>{const R=r(l,E,n.localPort,p,g!==void 0);let C=()=>{};const I=new Promise(F=>{C=F});E!==0&&C(E);const U=n.spawn(f,R,{cwd:v,environment:O,onLine:F=>{const[,x]=/^Allocated port (\d+) for remote forward/.exec(F)??[];x!==void 0&&C(Number(x))}});return{port:I,ended:i(U,l),stop:()=>U.stop()}}}function r(n,l,p,f,v){const M=["IdentitiesOnly=yes","BatchMode=yes","StrictHostKeyChecking=yes",`UserKnownHostsFile=${P}`,`GlobalKnownHostsFile=${y}`,"ExitOnForwardFailure=yes","ConnectTimeout=10",`ServerAliveInterval=${f.aliveIntervalSeconds}`,`ServerAliveCountMax=${f.aliveCount}`,...v?[`ProxyCommand=${(0,u.proxyCommand)(s)}`]:[]];return["-F","none","-N","-T","-p",String(n.port),"-i",k,...M.flatMap(g=>["-o",g]),"-R",`127.0.0.1:${l}:127.0.0.1:${p}`,`${n.user}@${n.host}`]}async function i(n,l){const p=await n.ended,f=n.lastLines();return{failure:(0,e.sshFailure)(l,f,p),isPortDenied:(0,e.isPortDenied)(f)}}function a(n,l){const{NODE_EXTRA_CA_CERTS:p}=n;return{[u.PROXY_VARIABLE]:l,...p!==void 0&&{NODE_EXTRA_CA_CERTS:p}}}function h(n){return`${n.replace(/\r\n?/g,`
`).trimEnd()}
`}async function _(n,l){const{SystemRoot:p="C:\\Windows",USERDOMAIN:f,USERNAME:v=""}=n.environment,M=f?`${f}\\${v}`:v,g=(0,m.join)(p,"System32","icacls.exe"),O=[k,"/inheritance:r","/grant:r",`${M}:F`];await n.spawn(g,O,{cwd:l}).ended}function A(n,l){const p=process.platform==="win32"?`${n}.exe`:n;return(l.PATH??l.Path??"").split(m.delimiter).filter(Boolean).map(v=>(0,m.resolve)(v,p)).find(S)}function S(n){try{return(0,w.accessSync)(n,w.constants.X_OK),!0}catch{return!1}}}),9774:((b,c,d)=>{Object.defineProperty(c,"__esModule",{value:!0}),c.sshFailure=m,c.isPortDenied=T;const w=d(939),$=[{line:/^Host key verification failed/,kind:"refused",say:({host:o})=>`the host key of ${o} is not among ssh-known-hosts`},{line:/^Load key .*: (.+)/,kind:"refused",say:(o,[,e])=>`ssh-key cannot be read (${e}); it must be whole, with its line breaks, and without passphrase`},{line:/Permission denied|Too many authentication failures/,kind:"refused",say:({user:o,host:e})=>`${e} does not let ${o} in with ssh-key (not an authorized key, or it has a passphrase)`},{line:/^Error: remote port forwarding failed for listen port (\d+)/,kind:"unavailable",say:({host:o},[,e])=>e==="0"?`${o} gives no port: check AllowTcpForwarding in its sshd_config, and permitlisten of the key (it rules out a port of the server's choice)`:`${o} does not give port ${e}: it is taken, or forbidden by AllowTcpForwarding in its sshd_config or permitlisten of the key`},{line:/^Unable to negotiate .*: (no matching .+ found)/,kind:"refused",say:({host:o},[,e])=>`ssh client and ${o} have nothing in common: ${e}`},{line:/^The proxy answers (\d+)/,kind:"refused",say:({host:o,port:e},[,u])=>`the proxy answers ${u} to a connection with ${o}:${e}`},{line:/^The proxy (?:fails|is not reached|does not answer).*/,kind:"service",say:({host:o,port:e},[u])=>`no connection with ${o}:${e}: ${u}`},{line:/Bad configuration option: (\S+)|^unknown option/,kind:"unavailable",say:(o,[,e])=>`the ssh client here is too old (${e??"unknown option"})`},{line:/^ssh: Could not resolve hostname/,kind:"service",say:({host:o})=>`the name ${o} leads nowhere from here`}];function m(o,e,u){for(const{line:P,kind:y,say:s}of $)for(const t of e){const r=P.exec(t);if(r)return new w.TunnelFailure(y,s(o,r))}if(u.reason.startsWith("E"))return new w.TunnelFailure("unavailable",`ssh could not be started (${u.reason})`);const k=(e.at(-1)??`ssh ended with ${u.reason}`).replace(/^ssh: |[.\s]+$/g,"");return new w.TunnelFailure("service",`no connection with ${o.host}: ${k}`)}function T(o){return o.some(e=>e.startsWith("Error: remote port forwarding failed"))}}),9612:((b,c)=>{Object.defineProperty(c,"__esModule",{value:!0}),c.PROXY_SCRIPT=c.PROXY_VARIABLE=void 0,c.proxyCommand=d,c.PROXY_VARIABLE="DEPLOY_GAME_SERVER_PROXY",c.PROXY_SCRIPT=`
import * as http from 'node:http'
import * as https from 'node:https'

const [host, port] = process.argv.slice(2)
const target = (host.includes(':') ? '[' + host + ']' : host) + ':' + port
const given = process.env.${c.PROXY_VARIABLE}
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
`;function d(w,$=process.platform){return`${`${$==="win32"?`"${process.execPath.replaceAll("\\","/")}"`:`'${process.execPath.replaceAll("'","'\\''")}'`} ${w}`.replaceAll("%","%%")} %h %p`}}),3408:((b,c,d)=>{Object.defineProperty(c,"__esModule",{value:!0}),c.webhookUrl=T,c.verify=o;const w=d(939),$=300,m=2400;function T(e,u){return new URL(e.pathname.replace(/\/+$/,"")+u,e)}async function o(e,u,k,P=e.opensUntilMs){let y=$;for(;;){try{await e.ping(u,k);return}catch(s){if(!(s instanceof w.TunnelFailure)||s.kind==="refused"||e.clock.nowMs()+y>=P||e.signal.aborted)throw s}await e.clock.sleep(y,e.signal),y=Math.min(m,y*2)}}})};export{L as id,N as ids,X as modules};
