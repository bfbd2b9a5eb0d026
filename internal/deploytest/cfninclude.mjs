// Reads templates as the AWS CDK does, and says of each what is wrong with it and which
// properties the CDK does not know: one line of JSON a template.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { App, CfnResource, Stack } from 'aws-cdk-lib'
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include'

const [dir, ...files] = process.argv.slice(2)
for (const [index, file] of files.entries()) {
  const outdir = join(dir, String(index))
  const result = { file, error: '', resources: 0, unknown: [] }
  try {
    const app = new App({ outdir, analyticsReporting: false, context: { '@aws-cdk/core:validateAgainstDefaultRules': true } })
    const template = new CfnInclude(new Stack(app, 'Stack'), 'Template', { templateFile: file })
    for (const resource of template.node.findAll().filter(CfnResource.isCfnResource)) {
      result.resources++
      if (resource.constructor === CfnResource) result.unknown.push(resource.cfnResourceType)
      walk(resource.rawOverrides.Properties, resource.cfnResourceType, result.unknown)
    }
    app.synth() // checks types, what is required, and the CDK's default rules, after SAM's transformation
  } catch (error) {
    result.error = error.message
  }
  const report = join(outdir, 'validation-report.json')
  if (existsSync(report)) {
    const { pluginReports } = JSON.parse(readFileSync(report)) // warnings, too
    if (pluginReports.length) result.error += JSON.stringify(pluginReports)
  } else {
    result.error ||= 'the default rules were not applied'
  }
  console.log(JSON.stringify(result))
}

// What the CDK does not know it keeps as overrides. An event's name is the user's own.
function walk(overrides, path, unknown) {
  for (const [name, value] of Object.entries(overrides ?? {})) {
    const within = path.endsWith('.Events') || name === 'Events' || path.endsWith('.Events.*') && name === 'Properties'
    if (within) walk(value, path.endsWith('.Events') ? `${path}.*` : `${path}.${name}`, unknown)
    else unknown.push(`${path}.${name}`)
  }
}
