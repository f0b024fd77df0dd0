// swift-tools-version: 6.1
import PackageDescription

// Imports point downwards only; `scripts/check` compares the sources with this picture.
//
//     caisson (run, logs, wait, stop, inspect)      caisson-server (mcp, policy, ps, doctor)      caisson-airlock
//     TestSupport     directories, tasks and monitors for the tests
//     FrontDoor       stdio, error -> wire
//     ToolProtocol    JSON-RPC and MCP values
//     Patterns        regular expressions over a stream, in linear time
//     Supervision     many tasks: admit, list, adopt
//     Ledger          SQLite
//     AuditSigning    the key of a host, which signs the audit log
//     Audit           the log of everything that matters to a reviewer
//     PolicyCompiling scan of executables, mask layer, filters: once for each policy and host
//     Launching       resolve, decide, plan, spawn
//     Tasks           one task's directory: records, view, control, output
//     PolicyText      TOML -> policy
//     Policy          pure: policy -> decision
//     Confinement     one file for each kernel mechanism     <- caisson-airlock
//     SyscallFiltering  libseccomp
//     Spooling        what a task printed                    <- caisson-airlock
//     Records         what front ends and airlock exchange   <- caisson-airlock
//     JSON            values and text
//     Kernel          typed system calls, owned descriptors  <- caisson-airlock

let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

func module(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A static executable starts in a quarter of a millisecond, a dynamic one with Foundation in five.
func staticExecutable(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: name, dependencies: dependencies, swiftSettings: strict,
        linkerSettings: [.unsafeFlags(["-static-executable"])])
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: "\(name)Tests", dependencies: dependencies, swiftSettings: strict)
}

/// Targets of libFuzzer: it has the main function, and is linked only where scripts/fuzz asks for it.
func fuzzing(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(
        name: "fuzz-\(name.lowercased())", dependencies: dependencies, path: "Tests/Fuzz/\(name)",
        swiftSettings: [.unsafeFlags(["-parse-as-library"])])
}

let fuzzers: [Target] =
    Context.environment["CAISSON_FUZZ"] == nil
    ? []
    : [
        fuzzing("Policy", ["PolicyText", "Policy"]),
        fuzzing("MCP", ["ToolProtocol", "JSON"]),
        fuzzing("Records", ["Records"]),
        fuzzing("Spool", ["Spooling", "Records", "Kernel"]),
        fuzzing("Pattern", ["Patterns"]),
        fuzzing("Audit", ["Audit", "Tasks", "Policy", "Records", "Kernel"]),
    ]

let argumentParser = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let tomlKit = Target.Dependency.product(name: "TOMLKit", package: "TOMLKit")

let package = Package(
    name: "caisson",
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    ],
    targets: [
        .systemLibrary(name: "CSeccomp", pkgConfig: "libseccomp", providers: [.apt(["libseccomp-dev"])]),
        .systemLibrary(name: "CCapability", pkgConfig: "libcap", providers: [.apt(["libcap-dev"])]),
        .target(name: "CKernel"),
        module("Kernel", ["CKernel"]),
        module("JSON"),
        module("Records"),
        module("Spooling", ["Kernel", "Records"]),
        module("SyscallFiltering", ["CSeccomp", "CKernel", "Kernel"]),
        module("Confinement", ["Kernel", "CKernel", "Records", "CCapability"]),
        module("Policy", ["Records"]),
        module("PolicyText", ["Policy", tomlKit]),
        module("Tasks", ["Kernel", "Records", "Spooling", "JSON", "Policy"]),
        module("Launching", ["Kernel", "Records", "Policy", "Tasks", "Spooling", "JSON"]),
        module(
            "PolicyCompiling",
            ["Kernel", "Records", "Policy", "PolicyText", "SyscallFiltering", "Launching", "Tasks"]),
        module("Ledger", ["Records", "JSON", grdb]),
        module("Audit", ["Kernel", "Records", "JSON", "Policy", "Tasks"]),
        module("AuditSigning", ["Kernel", "Records", "Audit", "Tasks", crypto]),
        module(
            "Supervision",
            [
                "Kernel", "Records", "Policy", "Launching", "PolicyCompiling", "Tasks", "Audit", "AuditSigning",
                "Ledger", "JSON",
            ]),
        module("ToolProtocol", ["JSON"]),
        module("Patterns"),
        module(
            "FrontDoor",
            [
                "ToolProtocol", "JSON", "Patterns", "Supervision", "PolicyCompiling", "Launching", "Tasks", "Audit",
                "Spooling", "Policy",
                "Records", "Kernel",
            ]),
        staticExecutable(
            "caisson", ["Kernel", "Records", "JSON", "Policy", "Launching", "Tasks", "Audit", "Spooling"]),
        staticExecutable("caisson-airlock", ["Kernel", "Records", "Confinement", "Spooling"]),
        .executableTarget(
            name: "caisson-server",
            dependencies: [
                "FrontDoor", "Supervision", "PolicyCompiling", "PolicyText", "Policy", "Launching", "Tasks", "Ledger",
                "Audit", "AuditSigning", "Records", "Kernel", "JSON", argumentParser,
            ], swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Kernel", "Records", "Policy", "Spooling", "Tasks", "Launching"],
            path: "Tests/TestSupport", swiftSettings: strict),
        tests("Kernel", ["Kernel"]),
        tests("JSON", ["JSON"]),
        tests("Records", ["Records"]),
        tests("Spooling", ["Spooling", "Kernel", "Records"]),
        tests("SyscallFiltering", ["SyscallFiltering"]),
        tests("Policy", ["Policy", "Records", "TestSupport"]),
        tests("Tasks", ["Tasks", "Kernel", "Records", "Spooling", "JSON", "TestSupport"]),
        tests("PolicyText", ["PolicyText", "Policy"]),
        tests("ToolProtocol", ["ToolProtocol", "JSON"]),
        tests("Patterns", ["Patterns"]),
        tests("Launching", ["Launching", "Kernel", "Records", "Policy", "Tasks", "Spooling", "TestSupport"]),
        tests(
            "PolicyCompiling",
            ["PolicyCompiling", "Launching", "Kernel", "Records", "Policy", "PolicyText", "Tasks", "TestSupport"]),
        tests("Audit", ["Audit", "AuditSigning", "Kernel", "Records", "JSON", "Policy", "Tasks", "TestSupport"]),
        tests("Ledger", ["Ledger", "Records", "TestSupport", grdb]),
        tests(
            "Supervision",
            ["Supervision", "Ledger", "Launching", "Kernel", "Records", "Tasks", "JSON", "TestSupport", grdb]),
        tests(
            "FrontDoor",
            [
                "FrontDoor", "ToolProtocol", "Supervision", "Launching", "Policy", "Kernel", "Records", "Tasks", "JSON",
                "TestSupport",
            ]),
    ] + fuzzers,
    swiftLanguageModes: [.v6]
)
