# Made by kpictl from the definitions of project nexpo; changes made here are lost.
# Make it again: kpictl emit terraform --target prod --out examples/nexpo/deploy/terraform

# No provider has a resource for a Druid cluster: its nodes are instances of the cloud, or pods where there is a Kubernetes
# cluster. Both run the image of Apache Druid with the properties below. A cluster of one node runs all of it.
locals {
  single = var.druid.historical.count == 1
  roles = local.single ? {
    single = merge(var.druid.historical, { runs = ["coordinator", "broker", "historical", "middlemanager"] })
    } : {
    coordinator   = merge(var.druid.coordinator, { runs = ["coordinator"] })
    historical    = merge(var.druid.historical, { runs = ["historical"] })
    broker        = merge(var.druid.broker, { runs = ["broker"] })
    middlemanager = merge(var.druid.middlemanager, { runs = ["middlemanager"] })
  }

  common_properties = {
    "druid.extensions.loadList"                   = "[\"druid-datasketches\", \"druid-kafka-indexing-service\", \"druid-kinesis-indexing-service\", \"druid-multi-stage-query\", \"postgresql-metadata-storage\", \"druid-s3-extensions\", \"druid-google-extensions\", \"druid-azure-extensions\"]"
    "druid.zk.service.host"                       = "\u0024{env:DRUID_ZOOKEEPER}"
    "druid.metadata.storage.type"                 = "postgresql"
    "druid.metadata.storage.connector.connectURI" = "{\"type\":\"environment\",\"variable\":\"DRUID_METADATA_URI\"}"
    "druid.metadata.storage.connector.user"       = "{\"type\":\"environment\",\"variable\":\"DRUID_METADATA_USER\"}"
    "druid.metadata.storage.connector.password"   = "{\"type\":\"environment\",\"variable\":\"DRUID_METADATA_PASSWORD\"}"
    "druid.storage.type"                          = "local"
    "druid.storage.storageDirectory"              = "/druid/deep-storage"
    "druid.indexer.logs.type"                     = "file"
    "druid.indexer.logs.directory"                = "/druid/deep-storage/indexing-logs"
    "druid.sql.planner.sqlTimeZone"               = "UTC"
    "druid.generic.useDefaultValueForNull"        = "false"
    "druid.startup.logging.logProperties"         = "false"
  }

  # The system and its logs share the disk, and on a single node the tasks do, too.
  segments_gb = floor(max(var.druid.historical.storage_gb, 20) * (local.single ? 0.6 : 0.8))
  sized = {
    historical = {
      "druid.segmentCache.locations" = jsonencode([{ path = "/druid/data/segments", maxSize = "${local.segments_gb}g" }])
    }
  }

  plain_properties = {
    "coordinator" = {
      "druid.service"                                = "druid/coordinator"
      "druid.plaintextPort"                          = "8081"
      "druid.coordinator.asOverlord.enabled"         = "true"
      "druid.coordinator.asOverlord.overlordService" = "druid/overlord"
      "druid.indexer.runner.type"                    = "httpRemote"
      "druid.indexer.storage.type"                   = "metadata"
    }
    "historical" = {
      "druid.service"                     = "druid/historical"
      "druid.plaintextPort"               = "8083"
      "druid.processing.numThreads"       = "3"
      "druid.processing.buffer.sizeBytes" = "500MiB"
      "druid.processing.numMergeBuffers"  = "2"
      "druid.segmentCache.locations"      = "[{\"path\":\"/druid/data/segments\",\"maxSize\":\"90g\"}]"
    }
    "broker" = {
      "druid.service"                     = "druid/broker"
      "druid.plaintextPort"               = "8082"
      "druid.processing.numThreads"       = "1"
      "druid.processing.buffer.sizeBytes" = "200MiB"
      "druid.processing.numMergeBuffers"  = "2"
      "druid.sql.enable"                  = "true"
      "druid.broker.cache.useCache"       = "false"
    }
    "middlemanager" = {
      "druid.service"                      = "druid/middlemanager"
      "druid.plaintextPort"                = "8091"
      "druid.worker.capacity"              = "3"
      "druid.indexer.runner.javaOptsArray" = "[\"-server\",\"-Xms1g\",\"-Xmx1g\",\"-XX:MaxDirectMemorySize=1g\"]"
      "druid.indexer.task.baseTaskDir"     = "/druid/data/task"
    }
  }

  properties = { for role, each in local.plain_properties : role => merge(each, lookup(local.sized, role, {})) }

  jvm = {
    "coordinator"   = ["-server", "-Xms2g", "-Xmx2g", "-XX:MaxDirectMemorySize=512m", "-XX:+ExitOnOutOfMemoryError", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8"]
    "historical"    = ["-server", "-Xms4g", "-Xmx4g", "-XX:MaxDirectMemorySize=5g", "-XX:+ExitOnOutOfMemoryError", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8"]
    "broker"        = ["-server", "-Xms1536m", "-Xmx1536m", "-XX:MaxDirectMemorySize=1g", "-XX:+ExitOnOutOfMemoryError", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8"]
    "middlemanager" = ["-server", "-Xms256m", "-Xmx256m", "-XX:MaxDirectMemorySize=256m", "-XX:+ExitOnOutOfMemoryError", "-Duser.timezone=UTC", "-Dfile.encoding=UTF-8"]
  }

  # What a process may take: heap, direct memory, those of the tasks that it starts, and what the JVM needs besides.
  memory = {
    "coordinator"   = "4Gi"
    "historical"    = "12Gi"
    "broker"        = "4Gi"
    "middlemanager" = "8Gi"
  }

  instances = var.enable_druid && !var.kubernetes
  druid_files = concat(
    [
      { path = "/opt/kpi/druid/_common/common.runtime.properties", content = local.rendered["_common"] },
      { path = "/opt/kpi/start.sh", content = file("${path.module}/druid/start.sh") },
    ],
    [for role, _ in local.properties : { path = "/opt/kpi/druid/${role}/runtime.properties", content = local.rendered[role] }],
    [for role, options in local.jvm : { path = "/opt/kpi/druid/${role}/jvm.config", content = join("\n", concat(options, [""])) }],
  )
  rendered = {
    for name, each in merge({ _common = local.common_properties }, local.properties) :
    name => join("\n", concat([for key, value in each : "${key}=${value}"], [""]))
  }

  druid = {
    enabled = local.instances
    image   = "apache/druid:33.0.0"
    port    = 8082
    # The role whose first node has the broker, and the one whose first node has the coordinator and ZooKeeper.
    broker      = local.single ? "single" : "broker"
    coordinator = local.single ? "single" : "coordinator"
    files       = local.druid_files
    nodes = local.instances ? merge([
      for role, each in local.roles : {
        for i in range(each.count) : "${role}-${i + 1}" => {
          role          = role
          runs          = each.runs
          instance_type = each.instance_type
          storage_gb    = max(each.storage_gb, 20)
        }
      }
    ]...) : {}
  }

  pods = var.enable_druid && var.kubernetes ? { for role, each in local.roles : role => each } : {}
}

resource "kubernetes_namespace_v1" "druid" {
  count = length(local.pods) > 0 ? 1 : 0

  metadata {
    name   = "${var.name}-druid"
    labels = var.tags
  }
}

resource "kubernetes_secret_v1" "druid" {
  count = length(local.pods) > 0 ? 1 : 0

  metadata {
    name      = "druid-metadata"
    namespace = kubernetes_namespace_v1.druid[0].metadata[0].name
  }

  data = var.druid_metadata
}

resource "kubernetes_config_map_v1" "druid" {
  for_each = length(local.pods) > 0 ? local.rendered : {}

  metadata {
    name      = each.key == "_common" ? "druid-common" : "druid-${each.key}"
    namespace = kubernetes_namespace_v1.druid[0].metadata[0].name
  }

  data = merge(
    { (each.key == "_common" ? "common.runtime.properties" : "runtime.properties") = each.value },
    each.key == "_common" ? {} : { "jvm.config" = join("\n", concat(local.jvm[each.key], [""])) },
  )
}

resource "kubernetes_persistent_volume_claim_v1" "druid" {
  count = length(local.pods) > 0 ? 1 : 0

  metadata {
    name      = "druid-deep-storage"
    namespace = kubernetes_namespace_v1.druid[0].metadata[0].name
  }

  spec {
    access_modes = ["ReadWriteMany"]

    resources {
      requests = { storage = "100Gi" }
    }
  }

  wait_until_bound = false

  lifecycle {
    prevent_destroy = true
  }
}

resource "kubernetes_service_v1" "druid" {
  for_each = length(local.pods) > 0 ? toset(concat(["zookeeper"], keys(local.properties))) : toset([])

  metadata {
    name      = "druid-${each.key}"
    namespace = kubernetes_namespace_v1.druid[0].metadata[0].name
  }

  spec {
    cluster_ip = "None"
    selector   = { app = each.key == "zookeeper" ? "druid-zookeeper" : local.single ? "druid-single" : "druid-${each.key}" }

    port {
      port = each.key == "zookeeper" ? 2181 : tonumber(local.properties[each.key]["druid.plaintextPort"])
    }
  }
}

resource "kubernetes_stateful_set_v1" "zookeeper" {
  count = length(local.pods) > 0 ? 1 : 0

  metadata {
    name      = "druid-zookeeper"
    namespace = kubernetes_namespace_v1.druid[0].metadata[0].name
  }

  spec {
    service_name = "druid-zookeeper"
    replicas     = 1

    selector {
      match_labels = { app = "druid-zookeeper" }
    }

    template {
      metadata {
        labels = { app = "druid-zookeeper" }
      }

      spec {
        container {
          name  = "zookeeper"
          image = "zookeeper:3.9.3"

          port {
            container_port = 2181
          }

          resources {
            requests = { cpu = "100m", memory = "512Mi" }
            limits   = { memory = "1Gi" }
          }
        }
      }
    }
  }
}

resource "kubernetes_stateful_set_v1" "druid" {
  for_each = local.pods

  metadata {
    name      = "druid-${each.key}"
    namespace = kubernetes_namespace_v1.druid[0].metadata[0].name
    labels    = { app = "druid-${each.key}" }
  }

  spec {
    service_name          = "druid-${each.key}"
    replicas              = each.value.count
    pod_management_policy = "Parallel"

    selector {
      match_labels = { app = "druid-${each.key}" }
    }

    template {
      metadata {
        labels = { app = "druid-${each.key}" }
      }

      spec {
        security_context {
          run_as_user = "1000"
          fs_group    = "1000"
        }

        dynamic "container" {
          for_each = each.value.runs

          content {
            name    = container.value
            image   = local.druid.image
            command = ["java"]
            args = concat(local.jvm[container.value], [
              "-cp", "/etc/druid/_common:/etc/druid/${container.value}:/opt/druid/lib/*",
              "org.apache.druid.cli.Main", "server", container.value == "middlemanager" ? "middleManager" : container.value,
            ])

            env_from {
              secret_ref {
                name = "druid-metadata"
              }
            }

            env {
              name  = "DRUID_ZOOKEEPER"
              value = "druid-zookeeper:2181"
            }

            port {
              container_port = tonumber(local.properties[container.value]["druid.plaintextPort"])
            }

            readiness_probe {
              http_get {
                path = "/status/health"
                port = local.properties[container.value]["druid.plaintextPort"]
              }

              period_seconds = 10
            }

            resources {
              requests = { cpu = "500m", memory = local.memory[container.value] }
              limits   = { memory = local.memory[container.value] }
            }

            volume_mount {
              name       = "common"
              mount_path = "/etc/druid/_common"
            }

            volume_mount {
              name       = container.value
              mount_path = "/etc/druid/${container.value}"
            }

            volume_mount {
              name       = "deep-storage"
              mount_path = "/druid/deep-storage"
            }

            volume_mount {
              name       = "data"
              mount_path = "/druid/data"
            }
          }
        }

        volume {
          name = "common"

          config_map {
            name = "druid-common"
          }
        }

        dynamic "volume" {
          for_each = each.value.runs

          content {
            name = volume.value

            config_map {
              name = "druid-${volume.value}"
            }
          }
        }

        volume {
          name = "deep-storage"

          persistent_volume_claim {
            claim_name = "druid-deep-storage"
          }
        }
      }
    }

    volume_claim_template {
      metadata {
        name = "data"
      }

      spec {
        access_modes = ["ReadWriteOnce"]

        resources {
          requests = { storage = "${max(each.value.storage_gb, 10)}Gi" }
        }
      }
    }
  }

  # Segments are in deep storage, too; a cluster made anew still has to load all of them.
  lifecycle {
    prevent_destroy = true
  }
}
