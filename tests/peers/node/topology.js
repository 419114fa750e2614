// Asks for the topology once, with whatever the environment says, and prints how many partitions there are.
const { Camunda8 } = require('@camunda8/sdk')

new Camunda8()
  .getCamundaRestClient()
  .getTopology()
  .then(
    (topology) => {
      console.log(topology.partitionsCount)
      process.exit(0)
    },
    (error) => {
      console.error(error)
      process.exit(1)
    }
  )
