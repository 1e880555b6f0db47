import Attribution
import Counterfactuals
import Embeddings
import FileSupport
import Foundation
import LanguageModel
import LinearAlgebra
import Records
import RunStore

/// The gradients of the biases averaged along the update (``Attribution/PathGradient``), one file a domain.
///
/// Contributions and mediation need what the alignment has taken. In a file it costs them no memory, and a run that goes
/// on after an interruption works with the very same floats: taken anew from other sums, they would differ in the last
/// bits.
extension StudyRun {
    /// The gradient of a domain's bias along the update of the untied models, from its file or, where the study asks for
    /// no alignment, taken now. Only to be read.
    ///
    /// - Parameter update: of the untied models.
    func pathGradient(_ domain: String, update: ParameterUpdate) throws -> FloatBuffer {
        let file = pathGradientFile(domain)
        if !FileManager.default.fileExists(atPath: file) {
            let record = try RunReader(folder.path).stage(AlignmentRecord.self)
            let taken = record?.tables.first { $0.domain == domain }?.nodes
            try keep(
                try PathGradient.average(
                    update: update, objective: leadingScorer.biasObjective(domain), nodes: taken ?? pathNodes
                ) { _ in try checkInterrupt() }, domain: domain)
        }
        let mapped = try MappedFile(file)
        guard mapped.bytes.count == update.before.layout.count * MemoryLayout<Float>.size,
            let start = mapped.bytes.baseAddress
        else {
            throw InputError(
                "holds \(mapped.bytes.count) bytes where \(update.before.layout.count) floats are expected", at: file,
                remedy: "remove the file and resume the run")
        }
        let floats = UnsafeMutableRawPointer(mutating: start).assumingMemoryBound(to: Float.self)
        return FloatBuffer(floats, count: update.before.layout.count, of: mapped)
    }

    /// Keeps a domain's gradient for the stages that follow.
    func keep(_ gradient: FloatBuffer, domain: String) throws {
        try FileManager.default.createDirectory(atPath: folder.pathGradients, withIntermediateDirectories: true)
        try AtomicFile.write(gradient.bytes, to: pathGradientFile(domain))
    }

    /// Frees the disk when no stage needs them any more.
    func removePathGradients() throws {
        if FileManager.default.fileExists(atPath: folder.pathGradients) {
            try FileManager.default.removeItem(atPath: folder.pathGradients)
        }
    }

    /// Gradients taken along the update: three integrate a polynomial of degree five, and a large model's update is nearer
    /// to a line.
    var pathNodes: Int { isLarge ? 3 : 5 }

    private func pathGradientFile(_ domain: String) -> String {
        folder.pathGradients + "/" + RunPaths.safe(domain)
    }
}
