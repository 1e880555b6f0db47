// swift-tools-version: 6.1
import PackageDescription

// A package beside driftscope that uses its three libraries as any other package would: by what they make public.
let package = Package(
    name: "driftscope-examples",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "driftscope", path: "../..")],
    targets: [
        .executableTarget(
            name: "read-run", dependencies: [.product(name: "Embeddings", package: "driftscope")]),
        .executableTarget(
            name: "own-objective", dependencies: [.product(name: "Unlearn", package: "driftscope")]),
        .executableTarget(
            name: "drift", dependencies: [.product(name: "Analyze", package: "driftscope")]),
    ],
    swiftLanguageModes: [.v6]
)
