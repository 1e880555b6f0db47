// swift-tools-version: 6.1
import PackageDescription

// A package of its own, so that nothing of the benchmarks reaches users.
let package = Package(
    name: "driftscope-benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "driftscope", path: "..")],
    targets: [
        .executableTarget(
            name: "driftscope-bench",
            dependencies: [
                .product(name: "Unlearn", package: "driftscope"),
                .product(name: "Analyze", package: "driftscope"),
            ])
    ],
    swiftLanguageModes: [.v6]
)
