// Everything that @camunda8/sdk's AdminApiClient can do, once, with whatever the environment says. It is run in the
// folder where the SDK is installed, and prints what each method answered, by its name.
const { AdminApiClient } = require('node:module').createRequire(process.cwd() + '/')('@camunda8/sdk/dist/admin')

const answers = {}
const client = new Proxy(new AdminApiClient(), {
  get: (target, name) => async (...args) => {
    const answer = await target[name](...args)
    answers[name] = answer === undefined ? null : answer
    return answer
  },
})
// Of a secret, how long it is: output is no place for the rest.
const unsaid = (name, value) => (['clientSecret', 'password'].includes(name) ? value.length : value)
const refused = async (promise) => promise.then(() => 0, (error) => error.response?.statusCode ?? String(error))
const until = async (wanted, ask) => {
  const deadline = Date.now() + 30000
  for (let found; Date.now() < deadline; await new Promise((go) => setTimeout(go, 50))) {
    if (wanted((found = await ask()))) return found
  }
  throw new Error('expected another answer in 30 seconds, but it never came')
}

async function aClusterLives() {
  const offered = await client.getParameters()
  const [channel] = offered.channels
  const { clusterId } = await client.createCluster({
    name: 'by the SDK',
    planTypeId: offered.clusterPlanTypes.find((plan) => plan.name === 'Local').uuid,
    channelId: channel.uuid,
    generationId: channel.defaultGeneration.uuid,
    regionId: offered.regions[0].uuid,
  })
  await until((one) => one.status.ready === 'Healthy', () => client.getCluster(clusterId))
  await client.updateCluster(clusterId, { name: 'renamed', description: 'of a test', stageLabel: 'test' })
  await client.updateIpAllowlist(clusterId, [{ ip: '192.0.2.0/24', description: 'an office' }])
  await client.getCluster(clusterId)
  await client.whitelistIPs(clusterId, [{ ip: '127.0.0.1', description: 'here' }])
  await client.getClusters()
  return clusterId
}

async function itsClientsComeAndGo(clusterId) {
  const made = await client.createClient({ clusterUuid: clusterId, clientName: 'a client', permissions: ['Zeebe', 'Operate'] })
  await client.getClients(clusterId)
  await client.getClient(clusterId, made.clientId)
  await client.deleteClient(clusterId, made.clientId)
}

async function itsSecretsComeAndGo(clusterId) {
  await client.createSecret({ clusterUuid: clusterId, secretName: 'API_KEY', secretValue: process.argv[2] })
  await client.updateSecret(clusterId, 'API_KEY', process.argv[3])
  await client.getSecrets(clusterId)
  await client.deleteSecret(clusterId, 'API_KEY')
}

async function itIsWatchedAndKept(clusterId) {
  await client.activateMonitoring(clusterId)
  const watcher = await client.createMonitoringClient(clusterId, 'prometheus')
  await client.rotateMonitoringClientPassword(clusterId, watcher.uuid)
  await client.getMonitoringClients(clusterId)
  await client.deleteMonitoringClient(clusterId, watcher.uuid)
  await client.deactivateMonitoring(clusterId)
  const backup = await client.createBackup(clusterId)
  await until((all) => all[0].status === 'Complete', () => client.getBackups(clusterId))
  await client.deleteBackup(clusterId, backup.uuid)
}

async function theOrganizationHasMembers() {
  await client.createMember('sdk@example.com', ['developer', 'analyst'])
  await client.getUsers()
  await client.deleteMember('sdk@example.com')
  await client.getIpRanges()
}

// Somebody has put this one to rest in Console: the API has no way to do so.
async function theSleepingOneWakes(clusterId) {
  const asleep = await until((one) => one.status.ready === 'Suspended', () => client.getCluster(clusterId))
  await client.wakeCluster(clusterId)
  await until((one) => one.status.ready === 'Healthy', () => client.getCluster(clusterId))
  return asleep.status.ready
}

// No cluster here lies in AWS and none is old: the SDK has to be told so.
async function whatIsNotToBeHad(clusterId) {
  await client.getSecureConnectivityStatus(clusterId)
  return {
    activateSecureConnectivity: await refused(
      client.activateSecureConnectivity(clusterId, { allowedPrincipals: ['arn:aws:iam::1:root'], allowedRegions: ['eu-central-1'] })
    ),
    deactivateSecureConnectivity: await refused(client.deactivateSecureConnectivity(clusterId)),
    upgradeCluster: await refused(client.upgradeCluster(clusterId)),
  }
}

async function round() {
  const asleep = await theSleepingOneWakes(process.argv[4])
  const clusterId = await aClusterLives()
  await itsClientsComeAndGo(clusterId)
  await itsSecretsComeAndGo(clusterId)
  await itIsWatchedAndKept(clusterId)
  await theOrganizationHasMembers()
  const refusals = await whatIsNotToBeHad(clusterId)
  await client.deleteCluster(clusterId)
  await until((all) => all.every((one) => one.uuid !== clusterId), () => client.getClusters())
  await client.getActivityEvents()
  await client.getActivityEventsCsv()
  const methods = Object.getOwnPropertyNames(AdminApiClient.prototype)
  console.log(JSON.stringify({ clusterId, asleep, methods, answers, refusals }, unsaid))
}

round().then(() => process.exit(0), (error) => { console.error(error); process.exit(1) })
