import LinearAlgebra

/// What the engine asks of a model family. A family is one file; nothing else changes when one is added.
package protocol CausalFamily: ModelConfiguration {
    /// Every tensor, by its checkpoint name.
    var layout: ParameterLayout { get }
    /// The family's own configuration, for checkpoints.
    var configuration: any ModelConfiguration { get }
    /// Fills fresh parameters as the family's reference implementation does.
    func initialize(_ values: FloatBuffer, seed: UInt64)
}
