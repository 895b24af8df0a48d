const G=372,V=[372],z={6605:((R,A,c)=>{c.d(A,{B:()=>_,L:()=>g});var M=c(4992);const E=6e4;async function g(a,d){const{clock:u,signal:f,maxAttempts:v,withinMs:S=Number.POSITIVE_INFINITY}=d,k=d.isFinal??y,x=u.nowMs()+S;for(let w=1;;w+=1)try{return await a(w)}catch(p){if(f.aborted||w>=v||k(p))throw p;const P=T(p,w,d);if(u.nowMs()+P>=x||(d.onRetry?.({thrown:p,attempt:w,pauseMs:P}),await u.sleep(P,f),f.aborted))throw p}}function T(a,d,u){const f=a?.retryAfterMs;return typeof f!="number"?u.pauseMs(d):Math.min(f,u.longestPauseMs??E)}function y(a){return(0,M.R3)((0,M.ie)(a))}function _(a,d){return u=>Math.min(d,a*2**(u-1))}}),7372:((R,A,c)=>{c.d(A,{sshTransport:()=>Y});var M=c(3561),E=c(4818),g=c(3024),T=c(1455),y=c(6760),_=c(9157),a=c(4862);const d=[{line:/^Host key verification failed/,kind:"refused",say:({host:t})=>`the host key of ${t} is not among ssh-known-hosts`},{line:/^Load key .*: (.+)/,kind:"refused",say:(t,[,e])=>`ssh-key cannot be read (${e}); it must be whole, with its line breaks, and without passphrase`},{line:/Permission denied|Too many authentication failures/,kind:"refused",say:({user:t,host:e})=>`${e} does not let ${t} in with ssh-key (not an authorized key, or it has a passphrase)`},{line:/^Error: remote port forwarding failed for listen port (\d+)/,kind:"unavailable",say:({host:t},[,e])=>e==="0"?`${t} gives no port: check AllowTcpForwarding in its sshd_config, and permitlisten of the key (it rules out a port of the server's choice)`:`${t} does not give port ${e}: it is taken, or forbidden by AllowTcpForwarding in its sshd_config or permitlisten of the key`},{line:/^Unable to negotiate .*: (no matching .+ found)/,kind:"refused",say:({host:t},[,e])=>`ssh client and ${t} have nothing in common: ${e}`},{line:/^The proxy answers (\d+)/,kind:"refused",say:({host:t,port:e},[,s])=>`the proxy answers ${s} to a connection with ${t}:${e}`},{line:/^The proxy (?:fails|is not reached|does not answer).*/,kind:"service",say:({host:t,port:e},[s])=>`no connection with ${t}:${e}: ${s}`},{line:/Bad configuration option: (\S+)|^unknown option/,kind:"unavailable",say:(t,[,e])=>`the ssh client here is too old (${e??"unknown option"})`},{line:/^ssh: Could not resolve hostname/,kind:"service",say:({host:t})=>`the name ${t} leads nowhere from here`}];function u(t,e,s){for(const{line:o,kind:r,say:i}of d)for(const l of e){const h=o.exec(l);if(h)return new a.X(r,i(t,h))}if(s.reason.startsWith("E"))return new a.X("unavailable",`ssh could not be started (${s.reason})`);const n=(e.at(-1)??`ssh ended with ${s.reason}`).replace(/^ssh: |[.\s]+$/g,"");return new a.X("service",`no connection with ${t.host}: ${n}`)}function f(t){return t.some(e=>e.startsWith("Error: remote port forwarding failed"))}const v="DEPLOY_GAME_SERVER_PROXY",S=`
import * as http from 'node:http'
import * as https from 'node:https'

const [host, port] = process.argv.slice(2)
const target = (host.includes(':') ? '[' + host + ']' : host) + ':' + port
const given = process.env.${v}
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
`;function k(t,e=process.platform){return`${`${e==="win32"?`"${process.execPath.replaceAll("\\","/")}"`:`'${process.execPath.replaceAll("'","'\\''")}'`} ${t}`.replaceAll("%","%%")} %h %p`}const x="key",w="known_hosts",p="no_hosts",P="proxy.mjs";async function F(t,e,s){const n=B("ssh",t.environment);if(n===void 0)throw new a.X("unavailable","there is no ssh client on the PATH of this runner");const o=await t.privateFolder(),r=(h,$)=>(0,T.writeFile)((0,y.join)(o,h),$,{mode:384,flag:"wx"});await r(x,U(e.privateKey)),await r(w,U(e.knownHosts)),await r(p,""),process.platform==="win32"&&await D(t,o);const i=(0,_.ib)(t.environment,e.host,e.port);i!==void 0&&await r(P,S);const l=i===void 0?{}:X(t.environment,i);return h=>{const $=L(e,h,t.localPort,s,i!==void 0);let m=()=>{};const C=new Promise(b=>{m=b});h!==0&&m(h);const O=t.spawn(n,$,{cwd:o,environment:l,onLine:b=>{const[,I]=/^Allocated port (\d+) for remote forward/.exec(b)??[];I!==void 0&&m(Number(I))}});return{port:C,ended:N(O,e),stop:()=>O.stop()}}}function L(t,e,s,n,o){const r=["IdentitiesOnly=yes","BatchMode=yes","StrictHostKeyChecking=yes",`UserKnownHostsFile=${w}`,`GlobalKnownHostsFile=${p}`,"ExitOnForwardFailure=yes","ConnectTimeout=10",`ServerAliveInterval=${n.aliveIntervalSeconds}`,`ServerAliveCountMax=${n.aliveCount}`,...o?[`ProxyCommand=${k(P)}`]:[]];return["-F","none","-N","-T","-p",String(t.port),"-i",x,...r.flatMap(i=>["-o",i]),"-R",`127.0.0.1:${e}:127.0.0.1:${s}`,`${t.user}@${t.host}`]}async function N(t,e){const s=await t.ended,n=t.lastLines();return{failure:u(e,n,s),isPortDenied:f(n)}}function X(t,e){const{NODE_EXTRA_CA_CERTS:s}=t;return{[v]:e,...s!==void 0&&{NODE_EXTRA_CA_CERTS:s}}}function U(t){return`${t.replace(/\r\n?/g,`
`).trimEnd()}
`}async function D(t,e){const{SystemRoot:s="C:\\Windows",USERDOMAIN:n,USERNAME:o=""}=t.environment,r=n?`${n}\\${o}`:o,i=(0,y.join)(s,"System32","icacls.exe"),l=[x,"/inheritance:r","/grant:r",`${r}:F`];await t.spawn(i,l,{cwd:e}).ended}function B(t,e){const s=process.platform==="win32"?`${t}.exe`:t;return(e.PATH??e.Path??"").split(y.delimiter).filter(Boolean).map(o=>(0,y.resolve)(o,s)).find(K)}function K(t){try{return(0,g.accessSync)(t,g.constants.X_OK),!0}catch{return!1}}const H=2,W={aliveIntervalSeconds:15,aliveCount:3,standsAfterMs:12e3,retryPauseMs:1e3,restartPausesMs:[500,3e3,1e4],goodAfterMs:6e4,reverifyMs:2e4,latePingMs:15e3};function Y(t,e=W){return async s=>{const n=await F(s,t,e);await new j(s,t,e,n).run()}}class j{#e;#n;#s;#i;#t;#o=!1;constructor(e,s,n,o){this.#e=e,this.#n=s,this.#s=n,this.#i=o,this.#t=s.remotePort}async run(){const{signal:e,clock:s}=this.#e;this.#t!==0&&this.#e.onUrl(this.#r(this.#t));let n=0,o=0;for(;;){const r=await this.#c();if(r===void 0||e.aborted)return;if(this.#o)(r.verifiedForMs??0)>=this.#s.goodAfterMs&&(o=0),await this.#a(r,o),o+=1;else{n+=1;const i=this.#s.retryPauseMs,l=s.nowMs()+i>=this.#e.opensUntilMs;if(r.failure.kind!=="service"||n>=H||l)throw r.failure;this.#e.log(`ssh: ${r.failure.message}; trying once more.`),await s.sleep(i,e)}if(e.aborted)return}}async#a(e,s){const{failure:n}=e;this.#e.onLost(n.message);const o=n.kind==="service"||e.isPortDenied,r=this.#s.restartPausesMs[s];if(!o||r===void 0)throw new a.X(n.kind==="refused"?"refused":"lost",`the tunnel is lost after ${s} restarts: ${n.message}`);const{clock:i,signal:l}=this.#e;await i.sleep(r,l)}async#c(){const{clock:e,signal:s}=this.#e,n=new AbortController,o=AbortSignal.any([s,n.signal]),r=this.#i(this.#t);let i;const l=this.#d(r,o,()=>{i=e.nowMs()});l.catch(()=>{});try{const h=await Promise.race([r.ended,(0,M.eG)(s),l.then(()=>r.ended)]);if(!h)return;const $=i===void 0?void 0:e.nowMs()-i;return{...h,verifiedForMs:$}}finally{n.abort(),await r.stop()}}async#d(e,s,n){const o={...this.#e,signal:s},r=this.#o,{clock:i,opensUntilMs:l}=o,h=i.nowMs(),$=r?h+this.#s.reverifyMs:l,m=await this.#l(e,s);if(!s.aborted)for(this.#t===0&&(this.#t=m,o.onUrl(this.#r(m)));;){try{if(await(0,E.M)(o,this.#r(m),void 0,$),s.aborted)return;this.#o=!0,n(),o.onVerified(),r&&o.onGap();return}catch(C){if(s.aborted)return;const O=C.message,{standsAfterMs:b}=this.#s;this.#n.remotePort===0||i.nowMs()-h>=b?(this.#o=!0,o.onLost(`ssh is up, but ${this.#r(m).host} does not lead here: ${O}`)):o.onLost(O)}await i.sleep(this.#s.latePingMs,s)}}async#l(e,s){const{clock:n,opensUntilMs:o}=this.#e;if(this.#t!==0)return this.#t;const r=n.sleep(o-n.nowMs(),s).then(()=>{}),i=await Promise.race([e.port,r]);if(i!==void 0||s.aborted)return i??0;throw new a.X("timeout",`${this.#n.host} gave no port in time`)}#r(e){const s=new URL(this.#n.publicUrl.replaceAll("{port}",String(e)));return(0,E.v)(s,this.#e.path)}}}),4818:((R,A,c)=>{c.d(A,{M:()=>_,v:()=>y});var M=c(6605),E=c(4862);const g=300,T=2400;function y(a,d){return new URL(a.pathname.replace(/\/+$/,"")+d,a)}async function _(a,d,u,f=a.opensUntilMs){const{clock:v,signal:S}=a;await(0,M.L)(()=>a.ping(d,u),{clock:v,signal:S,maxAttempts:Number.POSITIVE_INFINITY,pauseMs:(0,M.B)(g,T),withinMs:f-v.nowMs(),isFinal:k=>!(k instanceof E.X)||k.kind==="refused"})}})};export{G as id,V as ids,z as modules};
