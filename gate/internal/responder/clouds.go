package responder

import "strings"

// cloudPages are answers that an edge or a cloud's load balancer gives itself.
func cloudPages() []fingerprint {
	return []fingerprint{
		{Cloudflare, Sure, func(v view) []string {
			if v.Status >= 520 && v.Status <= 530 && (v.serverIs("cloudflare") || v.header("CF-Ray") != "") {
				return saw("status %d with Cloudflare's headers: the edge could not use the origin's answer", v.Status)
			}
			if !v.serverIs("cloudflare") && v.header("CF-Ray") == "" {
				return nil
			}
			if s, ok := v.hasAny("cf-error-details", "cf-wrapper", "cdn-cgi/challenge-platform", "Attention Required! | Cloudflare"); ok {
				return saw("Cloudflare's own page (%s)", s)
			}
			if strings.HasPrefix(v.body, "error code: ") || v.header("CF-Mitigated") != "" {
				return saw("Cloudflare's own answer: %s", quote(v.body))
			}
			return nil
		}},
		{AWS, Sure, func(v view) []string {
			switch {
			case v.serverIs("awselb"):
				return saw("Server: %s", clip(v.header("Server"), 40))
			case v.keys("message") && v.text("message") == "Missing Authentication Token":
				return saw(`{"message":"Missing Authentication Token"}, API Gateway's answer for a path without a route`)
			case v.header("X-Amzn-Errortype") != "":
				return saw("X-Amzn-ErrorType: %s", clip(v.header("X-Amzn-Errortype"), 60))
			case v.serverIs("AmazonS3") || v.has("<Error><Code>", "<RequestId>"):
				return saw("an answer of S3")
			case strings.Contains(v.header("X-Cache"), "Error from cloudfront") && v.serverIs("CloudFront"):
				return saw("X-Cache: Error from cloudfront")
			}
			return nil
		}},
		{AWS, Likely, func(v view) []string {
			if v.Status == 404 && v.keys("message") && v.text("message") == "Not Found" {
				return saw(`{"message":"Not Found"}, as API Gateway answers a path without a route`)
			}
			return nil
		}},
		{Azure, Likely, func(v view) []string {
			switch {
			case v.serverIs("Microsoft-Azure-Application-Gateway"):
				return saw("Server: %s", clip(v.header("Server"), 60))
			case v.header("X-Azure-Ref") != "" && v.has("Our services aren't available right now"):
				return saw("X-Azure-Ref with Front Door's own page")
			case v.has("404 Web Site not found", "Azure"):
				return saw("Azure App Service's page for an unknown host")
			}
			return nil
		}},
	}
}
