const j=878,G=[878],V={1878:((U,M,l)=>{l.d(M,{sshTransport:()=>W});var p=l(5384),m=l(6368),$=l(3024),E=l(1455),f=l(6760),P=l(1987);const a=[{line:/^Host key verification failed/,kind:"refused",say:({host:t})=>`the host key of ${t} is not among ssh-known-hosts`},{line:/^Load key .*: (.+)/,kind:"refused",say:(t,[,e])=>`ssh-key cannot be read (${e}); it must be whole, with its line breaks, and without passphrase`},{line:/Permission denied|Too many authentication failures/,kind:"refused",say:({user:t,host:e})=>`${e} does not let ${t} in with ssh-key (not an authorized key, or it has a passphrase)`},{line:/^Error: remote port forwarding failed for listen port (\d+)/,kind:"unavailable",say:({host:t},[,e])=>e==="0"?`${t} gives no port: check AllowTcpForwarding in its sshd_config, and permitlisten of the key (it rules out a port of the server's choice)`:`${t} does not give port ${e}: it is taken, or forbidden by AllowTcpForwarding in its sshd_config or permitlisten of the key`},{line:/^Unable to negotiate .*: (no matching .+ found)/,kind:"refused",say:({host:t},[,e])=>`ssh client and ${t} have nothing in common: ${e}`},{line:/^The proxy answers (\d+)/,kind:"refused",say:({host:t,port:e},[,n])=>`the proxy answers ${n} to a connection with ${t}:${e}`},{line:/^The proxy (?:fails|is not reached|does not answer).*/,kind:"service",say:({host:t,port:e},[n])=>`no connection with ${t}:${e}: ${n}`},{line:/Bad configuration option: (\S+)|^unknown option/,kind:"unavailable",say:(t,[,e])=>`the ssh client here is too old (${e??"unknown option"})`},{line:/^ssh: Could not resolve hostname/,kind:"service",say:({host:t})=>`the name ${t} leads nowhere from here`}];function u(t,e,n){for(const{line:o,kind:r,say:i}of a)for(const c of e){const d=o.exec(c);if(d)return new p.X(r,i(t,d))}if(n.reason.startsWith("E"))return new p.X("unavailable",`ssh could not be started (${n.reason})`);const s=(e.at(-1)??`ssh ended with ${n.reason}`).replace(/^ssh: |[.\s]+$/g,"");return new p.X("service",`no connection with ${t.host}: ${s}`)}function T(t){return t.some(e=>e.startsWith("Error: remote port forwarding failed"))}const g="DEPLOY_GAME_SERVER_PROXY",w=`
import * as http from 'node:http'
import * as https from 'node:https'

const [target] = process.argv.slice(2)
const given = process.env.${g}
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
`;function y(t,e=process.platform){return`${`${e==="win32"?`"${process.execPath.replaceAll("\\","/")}"`:`'${process.execPath.replaceAll("'","'\\''")}'`} ${t}`.replaceAll("%","%%")} %h:%p`}const k="key",x="known_hosts",_="no_hosts",O="proxy.mjs";async function F(t,e,n){const s=D("ssh",t.environment);if(s===void 0)throw new p.X("unavailable","there is no ssh client on the PATH of this runner");const o=await t.privateFolder(),r=(d,h)=>(0,E.writeFile)((0,f.join)(o,d),h,{mode:384,flag:"wx"});await r(k,b(e.privateKey)),await r(x,b(e.knownHosts)),await r(_,""),process.platform==="win32"&&await X(t,o);const i=(0,P.i)(t.environment,e.host,e.port);i!==void 0&&await r(O,w);const c=i===void 0?{}:N(t.environment,i);return d=>{const h=I(e,d,t.localPort,n,i!==void 0);let v=()=>{};const S=new Promise(A=>{v=A});d!==0&&v(d);const C=t.spawn(s,h,{cwd:o,environment:c,onLine:A=>{const[,R]=/^Allocated port (\d+) for remote forward/.exec(A)??[];R!==void 0&&v(Number(R))}});return{port:S,ended:L(C,e),stop:()=>C.stop()}}}function I(t,e,n,s,o){const r=["IdentitiesOnly=yes","BatchMode=yes","StrictHostKeyChecking=yes",`UserKnownHostsFile=${x}`,`GlobalKnownHostsFile=${_}`,"ExitOnForwardFailure=yes","ConnectTimeout=10",`ServerAliveInterval=${s.aliveIntervalSeconds}`,`ServerAliveCountMax=${s.aliveCount}`,...o?[`ProxyCommand=${y(O)}`]:[]];return["-F","none","-N","-T","-p",String(t.port),"-i",k,...r.flatMap(i=>["-o",i]),"-R",`127.0.0.1:${e}:127.0.0.1:${n}`,`${t.user}@${t.host}`]}async function L(t,e){const n=await t.ended,s=t.lastLines();return{failure:u(e,s,n),isPortDenied:T(s)}}function N(t,e){const{NODE_EXTRA_CA_CERTS:n}=t;return{[g]:e,...n!==void 0&&{NODE_EXTRA_CA_CERTS:n}}}function b(t){return`${t.replace(/\r\n?/g,`
`).trimEnd()}
`}async function X(t,e){const{SystemRoot:n="C:\\Windows",USERDOMAIN:s,USERNAME:o=""}=t.environment,r=s?`${s}\\${o}`:o,i=(0,f.join)(n,"System32","icacls.exe"),c=[k,"/inheritance:r","/grant:r",`${r}:F`];await t.spawn(i,c,{cwd:e}).ended}function D(t,e){const n=process.platform==="win32"?`${t}.exe`:t;return(e.PATH??e.Path??"").split(f.delimiter).filter(Boolean).map(o=>(0,f.resolve)(o,n)).find(H)}function H(t){try{return(0,$.accessSync)(t,$.constants.X_OK),!0}catch{return!1}}const K=2,B={aliveIntervalSeconds:15,aliveCount:3,retryPauseMs:1e3,restartPausesMs:[500,3e3,1e4],goodAfterMs:6e4,reverifyMs:2e4,latePingMs:15e3};function W(t,e=B){return async n=>{const s=await F(n,t,e);await new Y(n,t,e,s).run()}}class Y{#e;#o;#n;#i;#t;#r=!1;constructor(e,n,s,o){this.#e=e,this.#o=n,this.#n=s,this.#i=o,this.#t=n.remotePort}async run(){const{signal:e,clock:n}=this.#e;this.#t!==0&&this.#e.onUrl(this.#s(this.#t));let s=0,o=0;for(;;){const r=await this.#c();if(r===void 0||e.aborted)return;if(this.#r)(r.verifiedForMs??0)>=this.#n.goodAfterMs&&(o=0),await this.#a(r,o),o+=1;else{s+=1;const i=this.#n.retryPauseMs,c=n.nowMs()+i>=this.#e.opensUntilMs;if(r.failure.kind!=="service"||s>=K||c)throw r.failure;this.#e.log(`ssh: ${r.failure.message}; trying once more.`),await n.sleep(i,e)}if(e.aborted)return}}async#a(e,n){const{failure:s}=e;this.#e.onLost(s.message);const o=s.kind==="service"||e.isPortDenied,r=this.#n.restartPausesMs[n];if(!o||r===void 0)throw new p.X(s.kind==="refused"?"refused":"lost",`the tunnel is lost after ${n} restarts: ${s.message}`);const{clock:i,signal:c}=this.#e;await i.sleep(r,c)}async#c(){const{clock:e,signal:n}=this.#e,s=new AbortController,o=AbortSignal.any([n,s.signal]),r=this.#i(this.#t);let i;const c=this.#d(r,o,()=>{i=e.nowMs()});c.catch(()=>{});try{const d=await Promise.race([r.ended,(0,m.N_)(n),c.then(()=>r.ended)]);if(!d)return;const h=i===void 0?void 0:e.nowMs()-i;return{...d,verifiedForMs:h}}finally{s.abort(),await r.stop()}}async#d(e,n,s){const o={...this.#e,signal:n},r=this.#r,{clock:i,opensUntilMs:c}=o,d=r?i.nowMs()+this.#n.reverifyMs:c,h=await this.#l(e,n);if(!n.aborted)for(this.#t===0&&(this.#t=h,o.onUrl(this.#s(h)));;){try{if(await(0,m.MX)(o,this.#s(h),void 0,d),n.aborted)return;this.#r=!0,s(),o.onVerified(),r&&o.onGap();return}catch(v){if(n.aborted)return;const S=this.#s(h).host;o.onLost(`ssh is up, but ${S} does not lead here: ${v.message}`)}await i.sleep(this.#n.latePingMs,n)}}async#l(e,n){const{clock:s,opensUntilMs:o}=this.#e;if(this.#t!==0)return this.#t;const r=s.sleep(o-s.nowMs(),n).then(()=>{}),i=await Promise.race([e.port,r]);if(i!==void 0||n.aborted)return i??0;throw new p.X("timeout",`${this.#o.host} gave no port in time`)}#s(e){const n=new URL(this.#o.publicUrl.replaceAll("{port}",String(e)));return(0,m.IZ)(n,this.#e.path)}}}),6368:((U,M,l)=>{l.d(M,{IZ:()=>E,MX:()=>f,N_:()=>P});var p=l(5384);const m=300,$=2400;function E(a,u){return new URL(a.pathname.replace(/\/+$/,"")+u,a)}async function f(a,u,T,g=a.opensUntilMs){let w=m;for(;;){try{await a.ping(u,T);return}catch(y){if(!(y instanceof p.X)||y.kind==="refused"||a.clock.nowMs()+w>=g||a.signal.aborted)throw y}await a.clock.sleep(w,a.signal),w=Math.min($,w*2)}}function P(a){return new Promise(u=>{a.aborted?u():a.addEventListener("abort",()=>u(),{once:!0})})}})};export{j as id,G as ids,V as modules};
