# What the connector's package installs on a portal machine.
$siteNames = @('MgmtSvc-Connector', 'MgmtSvc-ConnectorExtension', 'MgmtSvc-ConnectorController')
